// The published client of OCI registries as a command: what it takes of an index, and what a pull brings.
// SPDX-License-Identifier: Apache-2.0

use std::process::ExitCode;

use oci_client::client::{current_platform_resolver, ClientConfig, ClientProtocol};
use oci_client::manifest::OciImageIndex;
use oci_client::secrets::RegistryAuth;
use oci_client::{Client, Reference};
use serde_json::{json, Value};

const USAGE: &str = "usage: oci-client-peer resolve INDEX.json | pull REFERENCE FILE";

// What a host accepts as a provider's layer.
const LAYERS: [&str; 2] = [
    "application/vnd.wasmcloud.provider.archive.layer.v1+par",
    "application/vnd.oci.image.layer.v1.tar",
];

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let outcome = match words[..] {
        ["resolve", file] => resolve(file),
        ["pull", reference, file] => pull(reference, file),
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

// As a host fetches a provider: the default configuration, but for plain HTTP, and all layers joined.
fn pull(reference: &str, file: &str) -> Outcome<Value> {
    let client = Client::new(ClientConfig {
        protocol: ClientProtocol::Http,
        ..Default::default()
    });
    let reference: Reference = reference.parse()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let image = runtime.block_on(client.pull(&reference, &RegistryAuth::Anonymous, LAYERS.to_vec()))?;
    let layers = image.layers.len();
    let bytes: Vec<u8> = image.layers.into_iter().flat_map(|layer| layer.data).collect();
    std::fs::write(file, &bytes)?;
    Ok(json!({ "digest": image.digest, "layers": layers, "bytes": bytes.len() }))
}
