// One interface over the published versions of provider-archive, called as wash and the hosts call them.
// SPDX-License-Identifier: Apache-2.0

use std::error::Error;
use std::future::Future;
use std::path::Path;

use serde_json::{json, Value};

pub type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;
pub type Library = (String, Vec<u8>);

pub struct Loaded {
    /// The claims as the crate's own types write them; what they do not know is lost here as it is there.
    pub claims: Value,
    pub token: Option<String>,
    pub libraries: Vec<Library>,
    pub world: Option<Vec<u8>>,
}

pub struct Recipe {
    pub name: String,
    pub vendor: String,
    pub rev: Option<i32>,
    pub ver: Option<String>,
    pub capid: Option<String>,
    pub schema: Option<Value>,
    pub world: Option<Vec<u8>>,
    pub compress: bool,
    pub targets: Vec<Library>,
}

pub struct Seeds {
    pub issuer: String,
    pub subject: String,
}

pub trait Peer {
    /// Without a target as wash inspects, with one as a host starts a provider.
    fn load(&self, file: &Path, target: Option<&str>) -> Outcome<Loaded>;
    /// The same, but no read ever waits: from a file, 0.14.0 loses an extension header whenever one does.
    fn load_bytes(&self, bytes: Vec<u8>, target: Option<&str>) -> Outcome<Loaded>;
    fn create(&self, file: &Path, recipe: &Recipe, seeds: &Seeds) -> Outcome<()>;
    /// As `wash par insert` does; tells whether the archive is compressed.
    fn insert(&self, file: &Path, targets: &[Library], seeds: &Seeds) -> Outcome<bool>;
    /// What wascap says of a token; an invalid signature is an answer, no error.
    fn validate(&self, token: &str) -> Outcome<Value>;
}

pub fn find(version: &str) -> Outcome<&'static dyn Peer> {
    match version {
        "0.9.0" => Ok(&V0_9),
        "0.14.0" => Ok(&V0_14),
        "0.16.2" => Ok(&V0_16),
        _ => Err(format!("no version '{version}' here: 0.9.0, 0.14.0 or 0.16.2").into()),
    }
}

/// A current-thread runtime, so that a crate's panic ends the process as it ends wash.
fn wait<T>(future: impl Future<Output = T>) -> Outcome<T> {
    Ok(tokio::runtime::Builder::new_current_thread()
        .build()?
        .block_on(future))
}

fn refuse_capid(recipe: &Recipe) -> Outcome<()> {
    match recipe.capid {
        Some(_) => Err("this version knows no capid".into()),
        None => Ok(()),
    }
}

fn refuse_world(recipe: &Recipe) -> Outcome<()> {
    match recipe.world {
        Some(_) => Err("this version knows no world.wasm".into()),
        None => Ok(()),
    }
}

/// The versions share no type, so the same code is compiled against each; the four functions are where they differ.
macro_rules! peer {
    ($name:ident, $archive:ident, $wascap:ident, $new:expr, $add_world:expr, $token:expr, $world:expr) => {
        struct $name;

        impl $name {
            fn loaded(&self, par: &$archive::ProviderArchive) -> Outcome<Loaded> {
                let claims = par.claims().ok_or("the crate returned no claims")?;
                let mut libraries = Vec::new();
                for target in par.targets() {
                    let bytes = par.target_bytes(&target).ok_or("the crate returned no bytes")?;
                    libraries.push((target, bytes));
                }
                Ok(Loaded {
                    claims: serde_json::to_value(claims)?,
                    token: $token(par),
                    libraries,
                    world: $world(par),
                })
            }
        }

        impl Peer for $name {
            fn load(&self, file: &Path, target: Option<&str>) -> Outcome<Loaded> {
                use $archive::ProviderArchive;
                let par = wait(async {
                    match target {
                        None => ProviderArchive::try_load_file(file).await,
                        Some(_) => ProviderArchive::load(&mut tokio::fs::File::open(file).await?, target).await,
                    }
                })??;
                self.loaded(&par)
            }

            fn load_bytes(&self, bytes: Vec<u8>, target: Option<&str>) -> Outcome<Loaded> {
                let mut input = std::io::Cursor::new(bytes);
                self.loaded(&wait($archive::ProviderArchive::load(&mut input, target))??)
            }

            fn create(&self, file: &Path, recipe: &Recipe, seeds: &Seeds) -> Outcome<()> {
                use $wascap::prelude::KeyPair;
                let mut par: $archive::ProviderArchive = $new(recipe)?;
                $add_world(&mut par, recipe)?;
                if let Some(schema) = &recipe.schema {
                    par.set_schema(schema.clone())?;
                }
                for (target, bytes) in &recipe.targets {
                    par.add_library(target, bytes)?;
                }
                let (issuer, subject) = (KeyPair::from_seed(&seeds.issuer)?, KeyPair::from_seed(&seeds.subject)?);
                wait(par.write(file, &issuer, &subject, recipe.compress))?
            }

            fn insert(&self, file: &Path, targets: &[Library], seeds: &Seeds) -> Outcome<bool> {
                use $wascap::prelude::KeyPair;
                let input = std::fs::read(file)?;
                let compressed = input.starts_with(&[0x1f, 0x8b]);
                let mut par = wait($archive::ProviderArchive::try_load(&input))??;
                for (target, bytes) in targets {
                    par.add_library(target, bytes)?;
                }
                let (issuer, subject) = (KeyPair::from_seed(&seeds.issuer)?, KeyPair::from_seed(&seeds.subject)?);
                wait(par.write(file, &issuer, &subject, compressed))??;
                Ok(compressed)
            }

            fn validate(&self, token: &str) -> Outcome<Value> {
                let verdict = $wascap::jwt::validate_token::<$wascap::jwt::CapabilityProvider>(token)?;
                Ok(json!({
                    "signature_valid": verdict.signature_valid,
                    "expired": verdict.expired,
                    "cannot_use_yet": verdict.cannot_use_yet,
                }))
            }
        }
    };
}

peer!(
    V0_9,
    provider_archive_0_9,
    wascap_0_13,
    |recipe: &Recipe| -> Outcome<_> {
        let capid = recipe
            .capid
            .as_deref()
            .ok_or("--capid is required by 0.9.0")?;
        let (rev, ver) = (recipe.rev, recipe.ver.clone());
        Ok(provider_archive_0_9::ProviderArchive::new(
            capid,
            &recipe.name,
            &recipe.vendor,
            rev,
            ver,
        ))
    },
    |_: &mut _, recipe| refuse_world(recipe),
    |_: &_| None,
    |_: &_| None
);

peer!(
    V0_14,
    provider_archive_0_14,
    wascap_0_15,
    |recipe: &Recipe| -> Outcome<_> {
        refuse_capid(recipe)?;
        let (rev, ver) = (recipe.rev, recipe.ver.clone());
        Ok(provider_archive_0_14::ProviderArchive::new(
            &recipe.name,
            &recipe.vendor,
            rev,
            ver,
        ))
    },
    |_: &mut _, recipe| refuse_world(recipe),
    |par: &provider_archive_0_14::ProviderArchive| par.claims_token().map(|token| token.jwt),
    |_: &_| None
);

peer!(
    V0_16,
    provider_archive_0_16,
    wascap_0_16,
    |recipe: &Recipe| -> Outcome<_> {
        refuse_capid(recipe)?;
        let (rev, ver) = (recipe.rev, recipe.ver.clone());
        Ok(provider_archive_0_16::ProviderArchive::new(
            &recipe.name,
            &recipe.vendor,
            rev,
            ver,
        ))
    },
    |par: &mut provider_archive_0_16::ProviderArchive, recipe: &Recipe| match &recipe.world {
        Some(world) => par.add_wit_world(world),
        None => Ok(()),
    },
    |par: &provider_archive_0_16::ProviderArchive| par.claims_token().map(|token| token.jwt),
    |par: &provider_archive_0_16::ProviderArchive| par.wit_world().map(<[u8]>::to_vec)
);
