// The published crates as a command: one JSON document on stdout, 0 or 1, and 101 where a crate panics.
// SPDX-License-Identifier: Apache-2.0

mod args;
mod peer;
mod report;
mod table;

use std::path::Path;
use std::process::ExitCode;

use args::Args;
use peer::{Outcome, Peer, Recipe, Seeds};
use serde_json::{json, Value};

const USAGE: &str = "usage: reference load VERSION FILE [--target T] [--memory] \
    | create VERSION FILE --name N --vendor V --issuer SEED --subject SEED [--rev N] [--ver V] [--schema FILE] \
    [--capid ID] [--world FILE] [--compress] T=FILE... \
    | insert VERSION FILE T=FILE... --issuer SEED --subject SEED \
    | token VERSION TOKEN | table VERSION FILE";

fn main() -> ExitCode {
    let (document, status) = match run(std::env::args().skip(1).collect()) {
        Ok(document) => (document, ExitCode::SUCCESS),
        Err(error) => (json!({ "error": error.to_string() }), ExitCode::FAILURE),
    };
    println!("{document}");
    status
}

fn run(words: Vec<String>) -> Outcome<Value> {
    let mut words = words.into_iter();
    let (Some(verb), Some(version), Some(subject)) = (words.next(), words.next(), words.next())
    else {
        return Err(USAGE.into());
    };
    let peer = peer::find(&version)?;
    let args = Args::parse(words)?;
    match verb.as_str() {
        "load" => load(peer, &version, Path::new(&subject), args),
        "create" => create(peer, Path::new(&subject), args),
        "insert" => insert(peer, Path::new(&subject), args),
        "token" => token(peer, &subject, args),
        "table" => table(peer, Path::new(&subject), args),
        _ => Err(USAGE.into()),
    }
}

fn load(peer: &dyn Peer, version: &str, file: &Path, mut args: Args) -> Outcome<Value> {
    let target = args.option("target");
    let memory = args.flag("memory");
    args.finish()?;
    let loaded = match memory {
        true => peer.load_bytes(std::fs::read(file)?, target.as_deref())?,
        false => peer.load(file, target.as_deref())?,
    };
    Ok(report::loaded(version, &loaded))
}

fn create(peer: &dyn Peer, file: &Path, mut args: Args) -> Outcome<Value> {
    let seeds = seeds(&mut args)?;
    let recipe = Recipe {
        name: args.required("name")?,
        vendor: args.required("vendor")?,
        rev: args.option("rev").map(|text| text.parse()).transpose()?,
        ver: args.option("ver"),
        capid: args.option("capid"),
        schema: match args.option("schema") {
            Some(path) => Some(serde_json::from_slice(&std::fs::read(path)?)?),
            None => None,
        },
        world: args.option("world").map(std::fs::read).transpose()?,
        compress: args.flag("compress"),
        targets: args.targets()?,
    };
    args.finish()?;
    peer.create(file, &recipe, &seeds)?;
    Ok(json!({ "file": report::written(file, recipe.compress) }))
}

fn insert(peer: &dyn Peer, file: &Path, mut args: Args) -> Outcome<Value> {
    let seeds = seeds(&mut args)?;
    let targets = args.targets()?;
    args.finish()?;
    let compressed = peer.insert(file, &targets, &seeds)?;
    Ok(json!({ "file": report::written(file, compressed) }))
}

fn table(peer: &dyn Peer, file: &Path, args: Args) -> Outcome<Value> {
    args.finish()?;
    Ok(table::inspected(&peer.load(file, None)?))
}

fn token(peer: &dyn Peer, token: &str, args: Args) -> Outcome<Value> {
    args.finish()?;
    peer.validate(token)
}

fn seeds(args: &mut Args) -> Outcome<Seeds> {
    Ok(Seeds {
        issuer: args.required("issuer")?,
        subject: args.required("subject")?,
    })
}
