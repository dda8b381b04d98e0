//! Checks that a program can name each type of `bankchannel` by one path only.
//!
//! A type that several protocols share is in the module of each, as in the other languages: there, one path in each.

use std::{
    collections::{BTreeMap, BTreeSet},
    error::Error,
};

use serde_json::{Map, Value};

/// The kinds of items that are types.
const TYPES: [&str; 5] = ["struct", "enum", "trait", "union", "type_alias"];

/// What rustdoc says about some crates, by their names.
pub(crate) struct CrateDocs {
    crates: BTreeMap<String, Value>,
    /// The crate, path and kind of each item that a crate defines itself, with its id.
    defined: BTreeMap<(String, Vec<String>, String), String>,
}

/// Where an item is defined: its crate and its path, or its id where it has no path.
type Definition = (String, String);

impl CrateDocs {
    /// Reads the JSON of these crates.
    ///
    /// # Errors
    /// For JSON of another form.
    pub(crate) fn new(crates: BTreeMap<String, Value>) -> Result<Self, Box<dyn Error>> {
        let mut defined = BTreeMap::new();
        for (name, docs) in &crates {
            let paths = docs["paths"].as_object().ok_or("rustdoc's JSON has no `paths`")?;
            for (id, item) in paths.iter().filter(|(_, item)| item["crate_id"] == 0) {
                defined.insert((name.clone(), path_of(item), text(&item["kind"])), id.clone());
            }
        }
        Ok(Self { crates, defined })
    }

    /// The types that can be named from the root of this crate by more paths than they should, with their paths.
    ///
    /// # Errors
    /// For JSON of another form.
    pub(crate) fn ambiguous_types(&self, name: &str) -> Result<Vec<BTreeSet<String>>, Box<dyn Error>> {
        let docs = self.crates.get(name).ok_or("the crate was not documented")?;
        let mut found = BTreeMap::new();
        self.walk(name, &docs["root"].to_string(), name, &mut Vec::new(), &mut found);
        if found.len() < 100 {
            return Err("rustdoc's JSON has another form: hardly a type was found".into());
        }
        let protocols = self.protocols(name);
        Ok(found.into_values().filter(|paths| !is_one_for_each_protocol(paths, &protocols)).collect())
    }

    /// The modules of the root that name a protocol.
    fn protocols(&self, name: &str) -> BTreeSet<String> {
        let index = &self.crates[name]["index"];
        let items = |module: &Value| module["inner"]["module"]["items"].as_array().cloned().unwrap_or_default();
        let names_one = |module: &&Value| {
            let item = |id: &Value| &index[&id.to_string()];
            items(module).iter().any(|id| item(id)["inner"]["use"]["name"] == "PROTOCOL")
        };
        let root = items(&index[&self.crates[name]["root"].to_string()]);
        let modules = root.iter().map(|id| &index[&id.to_string()]).filter(names_one);
        modules.map(|module| text(&module["name"])).collect()
    }

    /// Visits the items of a module.
    fn walk(
        &self,
        name: &str,
        module: &str,
        path: &str,
        above: &mut Vec<Definition>,
        found: &mut BTreeMap<Definition, BTreeSet<String>>,
    ) {
        let place = (name.to_owned(), module.to_owned());
        if above.contains(&place) {
            return;
        }
        above.push(place);
        let items = &self.crates[name]["index"][module]["inner"]["module"]["items"];
        for id in items.as_array().into_iter().flatten() {
            self.visit(name, &id.to_string(), (path, None), above, found);
        }
        above.pop();
    }

    /// Visits an item that has this name in the path, its own if none is given.
    fn visit(
        &self,
        name: &str,
        id: &str,
        (path, renamed): (&str, Option<&str>),
        above: &mut Vec<Definition>,
        found: &mut BTreeMap<Definition, BTreeSet<String>>,
    ) {
        let Some(item) = self.crates[name]["index"].get(id) else {
            return self.visit_of_another_crate(name, id, (path, renamed), above, found);
        };
        let Some((kind, inner)) = item["inner"].as_object().and_then(|inner| Map::iter(inner).next()) else { return };
        let own = item["name"].as_str().unwrap_or_default();
        let shown = format!("{path}::{}", renamed.unwrap_or(own));
        match kind.as_str() {
            "module" => self.walk(name, id, &shown, above, found),
            "use" if inner["is_glob"] == true => {
                if let Some((name, module)) = self.definition(name, &inner["id"].to_string()) {
                    self.walk(&name, &module, path, above, found);
                }
            }
            "use" => self.visit(name, &inner["id"].to_string(), (path, inner["name"].as_str()), above, found),
            kind if TYPES.contains(&kind) => {
                found.entry((name.to_owned(), id.to_owned())).or_default().insert(shown);
            }
            _ => {}
        }
    }

    fn visit_of_another_crate(
        &self,
        name: &str,
        id: &str,
        (path, renamed): (&str, Option<&str>),
        above: &mut Vec<Definition>,
        found: &mut BTreeMap<Definition, BTreeSet<String>>,
    ) {
        if let Some((name, id)) = self.definition(name, id) {
            return self.visit(&name, &id, (path, renamed), above, found);
        }
        // A crate that is not among them, such as one with a few settings.
        let item = &self.crates[name]["paths"][id];
        if let (Some(renamed), true) = (renamed, TYPES.contains(&text(&item["kind"]).as_str())) {
            let definition = (path_of(item).join("::"), String::new());
            found.entry(definition).or_default().insert(format!("{path}::{renamed}"));
        }
    }

    /// The crate that defines an item, and its id there.
    fn definition(&self, name: &str, id: &str) -> Option<Definition> {
        let docs = &self.crates[name];
        if docs["index"].get(id).is_some() {
            return Some((name.to_owned(), id.to_owned()));
        }
        let item = &docs["paths"][id];
        let (path, kind) = (path_of(item), text(&item["kind"]));
        let owner = path.first()?.clone();
        let id = self.defined.get(&(owner.clone(), path, kind))?;
        self.crates[&owner]["index"].get(id).map(|_| (owner, id.clone()))
    }
}

/// One path, or one in the module of each of several protocols.
fn is_one_for_each_protocol(paths: &BTreeSet<String>, protocols: &BTreeSet<String>) -> bool {
    let modules: BTreeSet<&str> = paths.iter().filter_map(|path| path.split("::").nth(1)).collect();
    let depths: BTreeSet<usize> = paths.iter().map(|path| path.matches("::").count()).collect();
    let are_protocols = modules.iter().all(|module| protocols.contains(*module));
    paths.len() == 1 || (modules.len() == paths.len() && depths.len() == 1 && are_protocols)
}

fn path_of(item: &Value) -> Vec<String> {
    item["path"].as_array().into_iter().flatten().map(text).collect()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
