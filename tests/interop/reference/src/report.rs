// What a crate made of an archive, as JSON.
// SPDX-License-Identifier: Apache-2.0

use std::path::Path;

use data_encoding::HEXUPPER;
use ring::digest::{digest, SHA256};
use serde_json::{json, Map, Value};

use crate::peer::Loaded;

/// Absent claims are null, so that two reports have the same keys whatever the crate's version.
pub fn loaded(version: &str, loaded: &Loaded) -> Value {
    let claims = &loaded.claims;
    let metadata = &claims["wascap"];
    let members: Map<String, Value> = loaded
        .libraries
        .iter()
        .map(|(target, bytes)| (target.clone(), member(bytes)))
        .collect();
    json!({
        "crate": version,
        "issuer": claims["iss"],
        "subject": claims["sub"],
        "jti": claims["jti"],
        "iat": claims["iat"],
        "exp": claims["exp"],
        "nbf": claims["nbf"],
        "name": metadata["name"],
        "vendor": metadata["vendor"],
        "rev": metadata["rev"],
        "ver": metadata["ver"],
        "capid": metadata["capid"],
        "target_hashes": metadata["target_hashes"],
        "config_schema": metadata["config_schema"],
        "wascap_revision": claims["wascap_revision"],
        "targets": members.keys().collect::<Vec<_>>(),
        "members": members,
        "world": loaded.world.as_deref().map(member),
        "token": loaded.token,
    })
}

fn member(bytes: &[u8]) -> Value {
    json!({ "size": bytes.len(), "sha256": HEXUPPER.encode(digest(&SHA256, bytes).as_ref()) })
}

/// The crates add .gz to a compressed archive's name that has another extension.
pub fn written(file: &Path, compressed: bool) -> String {
    let suffix = if compressed && file.extension().unwrap_or_default() != "gz" {
        ".gz"
    } else {
        ""
    };
    format!("{}{suffix}", file.display())
}
