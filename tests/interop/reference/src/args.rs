// The words after the file: options with a value, flags, and targets as T=FILE.
// SPDX-License-Identifier: Apache-2.0

use std::collections::BTreeMap;

use crate::peer::{Library, Outcome};

const FLAGS: [&str; 2] = ["compress", "memory"];

pub struct Args {
    options: BTreeMap<String, String>,
    plain: Vec<String>,
}

impl Args {
    pub fn parse(mut words: impl Iterator<Item = String>) -> Outcome<Args> {
        let mut args = Args {
            options: BTreeMap::new(),
            plain: Vec::new(),
        };
        while let Some(word) = words.next() {
            let Some(name) = word.strip_prefix("--") else {
                args.plain.push(word);
                continue;
            };
            let value = match FLAGS.contains(&name) {
                true => String::new(),
                false => words
                    .next()
                    .ok_or_else(|| format!("--{name} needs a value"))?,
            };
            if args.options.insert(name.to_string(), value).is_some() {
                return Err(format!("--{name} is given twice").into());
            }
        }
        Ok(args)
    }

    pub fn option(&mut self, name: &str) -> Option<String> {
        self.options.remove(name)
    }

    pub fn required(&mut self, name: &str) -> Outcome<String> {
        self.option(name)
            .ok_or_else(|| format!("--{name} is required").into())
    }

    pub fn flag(&mut self, name: &str) -> bool {
        self.option(name).is_some()
    }

    pub fn targets(&mut self) -> Outcome<Vec<Library>> {
        let mut libraries = Vec::new();
        for word in self.plain.drain(..) {
            let (target, path) = word
                .split_once('=')
                .ok_or_else(|| format!("'{word}' is not T=FILE"))?;
            libraries.push((target.to_string(), std::fs::read(path)?));
        }
        match libraries.is_empty() {
            true => Err("no T=FILE is given".into()),
            false => Ok(libraries),
        }
    }

    /// Whatever no command has taken is a mistake in the test that wrote it.
    pub fn finish(self) -> Outcome<()> {
        match self
            .options
            .into_keys()
            .next()
            .or(self.plain.into_iter().next())
        {
            Some(word) => Err(format!("'{word}' has no meaning here").into()),
            None => Ok(()),
        }
    }
}
