// The published client of OCI registries as a command: what it takes of an index, what a pull brings and a push sends.
// SPDX-License-Identifier: Apache-2.0

use std::future::Future;
use std::process::ExitCode;

use oci_client::client::{current_platform_resolver, ClientConfig, ClientProtocol, Config, ImageLayer};
use oci_client::manifest::OciImageIndex;
use oci_client::secrets::RegistryAuth;
use oci_client::{Client, Reference};
use serde_json::{json, Value};

const USAGE: &str = "usage: oci-client-peer resolve INDEX.json | pull REFERENCE FILE | push REFERENCE FILE";

const LAYER: &str = "application/vnd.wasmcloud.provider.archive.layer.v1+par";
const CONFIG: &str = "application/vnd.wasmcloud.provider.archive.config";

// What a host accepts as a provider's layer.
const LAYERS: [&str; 2] = [LAYER, "application/vnd.oci.image.layer.v1.tar"];

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let outcome = match words[..] {
        ["resolve", file] => resolve(file),
        ["pull", reference, file] => pull(reference, file),
        ["push", reference, file] => push(reference, file),
        _ => Err(USAGE.into()),
    };
    let (document, status) = match outcome {
        Ok(document) => (document, ExitCode::SUCCESS),
        Err(error) => (json!({ "error": error.to_string() }), ExitCode::FAILURE),
    };
    println!("{document}");
    status
}

// The manifest of this machine's platform, as the client's own resolver chooses it.
fn resolve(file: &str) -> Outcome<Value> {
    let index: OciImageIndex = serde_json::from_slice(&std::fs::read(file)?)?;
    Ok(json!({ "digest": current_platform_resolver(&index.manifests) }))
}

// As a host and wash have it: the default configuration, but for plain HTTP.
fn client() -> Client {
    Client::new(ClientConfig {
        protocol: ClientProtocol::Http,
        ..Default::default()
    })
}

fn wait_for<F: Future>(work: F) -> std::io::Result<F::Output> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    Ok(runtime.block_on(work))
}

// As a host fetches a provider: all layers joined.
fn pull(reference: &str, file: &str) -> Outcome<Value> {
    let reference: Reference = reference.parse()?;
    let image = wait_for(client().pull(&reference, &RegistryAuth::Anonymous, LAYERS.to_vec()))??;
    let layers = image.layers.len();
    let bytes: Vec<u8> = image.layers.into_iter().flat_map(|layer| layer.data).collect();
    std::fs::write(file, &bytes)?;
    Ok(json!({ "digest": image.digest, "layers": layers, "bytes": bytes.len() }))
}

// As wash sends a provider: one layer, a configuration of nothing, and the manifest that the client makes of them.
fn push(reference: &str, file: &str) -> Outcome<Value> {
    let reference: Reference = reference.parse()?;
    let layers = [ImageLayer::new(std::fs::read(file)?, LAYER.into(), None)];
    let config = Config::new(b"{}".to_vec(), CONFIG.into(), None);
    let done = wait_for(client().push(&reference, &layers, config, &RegistryAuth::Anonymous, None))??;
    Ok(json!({ "manifest": done.manifest_url }))
}
