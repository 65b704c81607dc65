// One operation of the published crate, as wash and the hosts call it; prints the seconds that it took in the process.
// SPDX-License-Identifier: Apache-2.0

use std::error::Error;
use std::future::Future;
use std::time::Instant;

use provider_archive::ProviderArchive;
use wascap::prelude::KeyPair;

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

const USAGE: &str =
    "usage: bench-reference create OUT plain|gzip T=FILE... | load FILE | load-target FILE T \
    | insert FILE OUT T=FILE...";

// The public test keys of the published vectors.
const ISSUER: &str = "SAACTTUPKR55VUWUDK7GJ5SU5KGED455FR7BDO46RUVOTHUWKBLECLH2UU";
const SUBJECT: &str = "SVAOZUSBWWFL65P255DOHIETPTXUQMM5ETLSYPITI5G4K4HI6M2CDAPWAU";

fn main() -> Outcome<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let start = Instant::now();
    match words.as_slice() {
        ["create", out, form, targets @ ..] => create(out, *form == "gzip", targets),
        ["load", file] => load(file),
        ["load-target", file, target] => load_target(file, target),
        ["insert", file, out, targets @ ..] => insert(file, out, targets),
        _ => Err(USAGE.into()),
    }?;
    println!("{:.6}", start.elapsed().as_secs_f64());
    Ok(())
}

fn create(out: &str, compress: bool, targets: &[&str]) -> Outcome<()> {
    let mut par = ProviderArchive::new("Bench", "Bench", Some(1), Some("1.0.0".to_string()));
    add(&mut par, targets)?;
    write(&mut par, out, compress)
}

fn load(file: &str) -> Outcome<()> {
    wait(ProviderArchive::try_load_file(file))??;
    Ok(())
}

fn load_target(file: &str, target: &str) -> Outcome<()> {
    let par = wait(ProviderArchive::try_load_target_from_file(file, target))??;
    match par.targets().as_slice() {
        [only] if only == target => Ok(()),
        _ => Err("the crate did not load the target".into()),
    }
}

fn insert(file: &str, out: &str, targets: &[&str]) -> Outcome<()> {
    let input = std::fs::read(file)?;
    let mut par = wait(ProviderArchive::try_load(&input))??;
    add(&mut par, targets)?;
    write(&mut par, out, input.starts_with(&[0x1f, 0x8b]))
}

fn add(par: &mut ProviderArchive, targets: &[&str]) -> Outcome<()> {
    for word in targets {
        let (target, path) = word.split_once('=').ok_or(USAGE)?;
        par.add_library(target, &std::fs::read(path)?)?;
    }
    Ok(())
}

fn write(par: &mut ProviderArchive, out: &str, compress: bool) -> Outcome<()> {
    let issuer = KeyPair::from_seed(ISSUER)?;
    let subject = KeyPair::from_seed(SUBJECT)?;
    wait(par.write(out, &issuer, &subject, compress))?
}

fn wait<T>(future: impl Future<Output = T>) -> Outcome<T> {
    Ok(tokio::runtime::Builder::new_current_thread()
        .build()?
        .block_on(future))
}
