//! The walk over rustdoc's JSON, from the root module along everything public.
//!
//! Anything unexpected in the JSON is an error. If it were left out of the list, an item would seem
//! to have been removed.

use std::collections::{BTreeSet, HashSet};

use serde_json::Value;

type Result<T> = std::result::Result<T, String>;

/// The items of a crate, sorted.
pub(crate) fn items(json: &Value) -> Result<BTreeSet<String>> {
    let mut listing = Listing { index: field(json, "index")?, lines: BTreeSet::new(), walked: HashSet::new() };
    let root = listing.item(field(json, "root")?).ok_or("the root module is missing")?;
    let crate_name = name_of(root)?;
    listing.module(root, crate_name).map_err(|error| {
        let version = json.get("format_version").map_or("unknown".to_owned(), Value::to_string);
        format!("{error} (format version {version} of rustdoc)")
    })?;
    Ok(listing.lines)
}

/// Returns the field `name` of a value.
fn field<'a>(value: &'a Value, name: &str) -> Result<&'a Value> {
    value.get(name).ok_or_else(|| format!("there is no `{name}` in {value:.200}"))
}

fn array<'a>(value: &'a Value, name: &str) -> Result<&'a [Value]> {
    let list = field(value, name)?.as_array();
    list.map(Vec::as_slice).ok_or_else(|| format!("`{name}` is no list in {value:.200}"))
}

fn text<'a>(value: &'a Value, name: &str) -> Result<&'a str> {
    field(value, name)?.as_str().ok_or_else(|| format!("`{name}` is no text in {value:.200}"))
}

fn flag(value: &Value, name: &str) -> Result<bool> {
    field(value, name)?.as_bool().ok_or_else(|| format!("`{name}` is neither true nor false in {value:.200}"))
}

fn name_of(item: &Value) -> Result<&str> {
    text(item, "name")
}

/// Returns the kind of an object with one field, such as `{"struct": {...}}`, and its content. A
/// string is a kind without content.
fn kind_of(value: &Value) -> Result<(&str, &Value)> {
    match value {
        Value::String(kind) => Ok((kind, &Value::Null)),
        Value::Object(object) if object.len() == 1 => object
            .iter()
            .next()
            .map(|(kind, value)| (kind.as_str(), value))
            .ok_or_else(|| unreachable!("the object has one field")),
        _ => Err(format!("there is more than one kind in {value:.200}")),
    }
}

fn is_public(item: &Value) -> Result<bool> {
    Ok(field(item, "visibility")?.as_str() == Some("public"))
}

struct Listing<'a> {
    index: &'a Value,
    lines: BTreeSet<String>,
    /// The paths and ids of the modules that have been listed. Globs can form a cycle.
    walked: HashSet<(String, String)>,
}

impl<'a> Listing<'a> {
    /// Returns the item with an id, if it is in this crate.
    fn item(&self, id: &Value) -> Option<&'a Value> {
        match id {
            Value::String(id) => self.index.get(id),
            Value::Number(id) => self.index.get(id.to_string()),
            _ => None,
        }
    }

    /// Returns those items of a list of ids that are in this crate.
    fn all_of(&self, ids: &[Value]) -> Vec<&'a Value> {
        ids.iter().filter_map(|id| self.item(id)).collect()
    }

    fn add(&mut self, line: String) {
        self.lines.insert(line);
    }

    fn module(&mut self, module: &'a Value, path: &str) -> Result<()> {
        let inner = field(field(module, "inner")?, "module")?;
        for id in array(inner, "items")? {
            let Some(item) = self.item(id) else { continue };
            if let Some(import) = field(item, "inner")?.get("use") {
                if is_public(item)? {
                    self.import(import, path)?;
                }
            } else if is_public(item)? {
                self.entry(item, &format!("{path}::{}", name_of(item)?))?;
            }
        }
        Ok(())
    }

    /// Lists a `pub use`: the item itself, under its new path.
    fn import(&mut self, import: &'a Value, path: &str) -> Result<()> {
        let (source, id) = (text(import, "source")?, field(import, "id")?);
        let name = text(import, "name")?;
        match (self.item(id), flag(import, "is_glob")?) {
            (Some(target), true) => {
                if self.walked.insert((path.to_owned(), id.to_string())) {
                    match kind_of(field(target, "inner")?)? {
                        ("module", _) => self.module(target, path)?,
                        ("enum", inner) => self.variants(inner, path)?,
                        (kind, _) => return Err(format!("`use {source}::*` is of a {kind}")),
                    }
                }
            }
            (Some(target), false) => self.entry(target, &format!("{path}::{name}"))?,
            (None, true) => self.add(format!("use {path}::* = {source}::*")),
            (None, false) => self.add(format!("use {path}::{name} = {source}")),
        }
        Ok(())
    }

    /// Lists an item at a path, with its members.
    fn entry(&mut self, item: &'a Value, path: &str) -> Result<()> {
        let (kind, inner) = kind_of(field(item, "inner")?)?;
        match kind {
            "module" => {
                self.add(format!("mod {path}"));
                if self.walked.insert((path.to_owned(), field(item, "id")?.to_string())) {
                    self.module(item, path)?;
                }
            }
            "use" => self.import(inner, path.rsplit_once("::").map_or(path, |(parent, _)| parent))?,
            "struct" => {
                self.add(format!("struct {path}"));
                self.fields(field(inner, "kind")?, path, true)?;
                self.implementations(array(inner, "impls")?, path)?;
            }
            "union" => {
                self.add(format!("union {path}"));
                self.list_of_fields(array(inner, "fields")?, path, true)?;
                self.implementations(array(inner, "impls")?, path)?;
            }
            "enum" => {
                self.add(format!("enum {path}"));
                self.variants(inner, path)?;
                self.implementations(array(inner, "impls")?, path)?;
            }
            "variant" => self.variant(item, path)?,
            "trait" => {
                let safety = if flag(inner, "is_unsafe")? { "unsafe " } else { "" };
                let supertraits = bounds(array(inner, "bounds")?)?;
                self.add(format!(
                    "{safety}trait {path}{}{supertraits}",
                    if supertraits.is_empty() { "" } else { ": " }
                ));
                for item in self.all_of(array(inner, "items")?) {
                    self.associated(item, path)?;
                }
                self.implementations(array(inner, "implementations")?, path)?;
            }
            "trait_alias" => self.add(format!("trait {path} (alias)")),
            "function" => self.add(function(inner, path)?),
            "constant" => self.add(format!("const {path}")),
            "static" => self.add(format!("static {path}")),
            "type_alias" => self.add(format!("type {path}")),
            "macro" => self.add(format!("macro {path}!")),
            "proc_macro" => self.add(format!("macro {path}! (procedural)")),
            "primitive" | "extern_crate" | "extern_type" => self.add(format!("{kind} {path}")),
            _ => return Err(format!("{path} is a `{kind}`, which is unknown")),
        }
        Ok(())
    }

    /// Lists the fields of a struct or a variant. Fields of a struct are listed only if they are
    /// public.
    fn fields(&mut self, kind: &'a Value, path: &str, need_public: bool) -> Result<()> {
        match kind_of(kind)? {
            ("unit" | "plain", Value::Null) => Ok(()),
            ("tuple", fields) => {
                let fields = fields.as_array().ok_or_else(|| format!("the fields of {path} are no list"))?;
                self.list_of_fields(fields, path, need_public)
            }
            ("plain" | "struct", fields) => self.list_of_fields(array(fields, "fields")?, path, need_public),
            (kind, _) => Err(format!("{path} has fields of the kind `{kind}`, which is unknown")),
        }
    }

    fn list_of_fields(&mut self, fields: &'a [Value], path: &str, need_public: bool) -> Result<()> {
        for item in self.all_of(fields) {
            if !need_public || is_public(item)? {
                let ty = type_name(field(field(item, "inner")?, "struct_field")?)?;
                self.add(format!("field {path}.{}: {ty}", name_of(item)?));
            }
        }
        Ok(())
    }

    fn variants(&mut self, inner: &'a Value, path: &str) -> Result<()> {
        for item in self.all_of(array(inner, "variants")?) {
            self.variant(item, &format!("{path}::{}", name_of(item)?))?;
        }
        Ok(())
    }

    fn variant(&mut self, item: &'a Value, path: &str) -> Result<()> {
        self.add(format!("variant {path}"));
        self.fields(field(field(field(item, "inner")?, "variant")?, "kind")?, path, false)
    }

    /// Lists an item of a trait or of an inherent `impl`.
    fn associated(&mut self, item: &Value, owner: &str) -> Result<()> {
        let path = format!("{owner}::{}", name_of(item)?);
        match kind_of(field(item, "inner")?)? {
            ("function", inner) => self.add(function(inner, &path)?),
            ("assoc_const", _) => self.add(format!("const {path}")),
            ("assoc_type", _) => self.add(format!("type {path}")),
            (kind, _) => return Err(format!("{path} is a `{kind}`, which is unknown")),
        }
        Ok(())
    }

    /// Lists the implementations of the type or trait at `path`.
    fn implementations(&mut self, ids: &'a [Value], path: &str) -> Result<()> {
        for item in self.all_of(ids) {
            let inner = field(field(item, "inner")?, "impl")?;
            if flag(inner, "is_synthetic")? || !field(inner, "blanket_impl")?.is_null() {
                continue;
            }
            let for_type = type_name(field(inner, "for")?)?;
            let implemented = field(inner, "trait")?;
            if implemented.is_null() {
                // The path of the type, with the arguments of this implementation.
                let arguments = for_type.find('<').map_or("", |at| &for_type[at..]);
                for item in self.all_of(array(inner, "items")?) {
                    if is_public(item)? {
                        self.associated(item, &format!("{path}{arguments}"))?;
                    }
                }
                continue;
            }
            let safety = if flag(inner, "is_unsafe")? { "unsafe " } else { "" };
            let not = if flag(inner, "is_negative")? { "!" } else { "" };
            let implemented = path_name(implemented)?;
            // Derives implement this marker for constants in patterns.
            if implemented != "StructuralPartialEq" {
                self.add(format!("{safety}impl {not}{implemented} for {for_type}"));
            }
        }
        Ok(())
    }
}

/// Returns the line of a function or a method. It shows whether a method of a trait has a body,
/// because such a method need not be implemented.
fn function(inner: &Value, path: &str) -> Result<String> {
    let header = field(inner, "header")?;
    let constant = if flag(header, "is_const")? { "const " } else { "" };
    let safety = if flag(header, "is_unsafe")? { "unsafe " } else { "" };
    let required = if flag(inner, "has_body")? { "" } else { " (required)" };
    Ok(format!("{constant}{safety}fn {path}{required}"))
}

/// Returns supertraits or other bounds.
fn bounds(bounds: &[Value]) -> Result<String> {
    let names = bounds.iter().map(|bound| match kind_of(bound)? {
        ("trait_bound", bound) => path_name(field(bound, "trait")?),
        ("outlives", lifetime) => Ok(lifetime.as_str().unwrap_or_default().to_owned()),
        ("use", _) => Ok("use<..>".to_owned()),
        (kind, _) => Err(format!("a bound is a `{kind}`, which is unknown")),
    });
    Ok(names.collect::<Result<Vec<_>>>()?.join(" + "))
}

/// Returns the last segment of a path, with its arguments. The segments before it depend on how the
/// source names the item.
fn path_name(path: &Value) -> Result<String> {
    let name = text(path, "path")?.rsplit("::").next().unwrap_or_default();
    Ok(format!("{name}{}", arguments(field(path, "args")?)?))
}

/// Returns the arguments of a generic type.
fn arguments(arguments: &Value) -> Result<String> {
    if arguments.is_null() {
        return Ok(String::new());
    }
    let (kind, inner) = kind_of(arguments)?;
    if kind == "parenthesized" {
        let inputs = array(inner, "inputs")?.iter().map(type_name).collect::<Result<Vec<_>>>()?.join(", ");
        let output = field(inner, "output")?;
        let output = if output.is_null() { String::new() } else { format!(" -> {}", type_name(output)?) };
        return Ok(format!("({inputs}){output}"));
    }
    if kind != "angle_bracketed" {
        return Err(format!("arguments are `{kind}`, which is unknown"));
    }
    let mut names = Vec::new();
    for argument in array(inner, "args")? {
        names.push(match kind_of(argument)? {
            ("lifetime", lifetime) => lifetime.as_str().unwrap_or_default().to_owned(),
            ("type", ty) => type_name(ty)?,
            ("const", constant) => text(constant, "expr")?.to_owned(),
            ("infer", _) => "_".to_owned(),
            (kind, _) => return Err(format!("an argument is a `{kind}`, which is unknown")),
        });
    }
    for constraint in array(inner, "constraints")? {
        let name = text(constraint, "name")?;
        names.push(match kind_of(field(constraint, "binding")?)? {
            ("equality", term) => match kind_of(term)? {
                ("type", ty) => format!("{name} = {}", type_name(ty)?),
                (_, constant) => format!("{name} = {}", text(constant, "expr")?),
            },
            (_, constraints) => {
                let constraints = constraints.as_array().ok_or("constraints are no list")?;
                format!("{name}: {}", bounds(constraints)?)
            }
        });
    }
    Ok(if names.is_empty() { String::new() } else { format!("<{}>", names.join(", ")) })
}

/// Returns a type as the source would write it.
fn type_name(ty: &Value) -> Result<String> {
    let (kind, inner) = kind_of(ty)?;
    let mutable = |value: &Value| -> Result<bool> { flag(value, "is_mutable") };
    Ok(match kind {
        "resolved_path" => path_name(inner)?,
        "generic" | "primitive" => inner.as_str().unwrap_or_default().to_owned(),
        "tuple" => {
            let parts = inner.as_array().ok_or("a tuple is no list")?;
            let names = parts.iter().map(type_name).collect::<Result<Vec<_>>>()?;
            format!("({}{})", names.join(", "), if names.len() == 1 { "," } else { "" })
        }
        "slice" => format!("[{}]", type_name(inner)?),
        "array" => format!("[{}; {}]", type_name(field(inner, "type")?)?, text(inner, "len")?),
        "borrowed_ref" => {
            let lifetime = field(inner, "lifetime")?.as_str().map_or(String::new(), |lifetime| format!("{lifetime} "));
            let mutable = if mutable(inner)? { "mut " } else { "" };
            format!("&{lifetime}{mutable}{}", type_name(field(inner, "type")?)?)
        }
        "raw_pointer" => {
            format!("*{} {}", if mutable(inner)? { "mut" } else { "const" }, type_name(field(inner, "type")?)?)
        }
        "qualified_path" => {
            let (name, of) = (text(inner, "name")?, type_name(field(inner, "self_type")?)?);
            format!("<{of}>::{name}")
        }
        "dyn_trait" => {
            let traits = array(inner, "traits")?.iter().map(|bound| path_name(field(bound, "trait")?));
            format!("dyn {}", traits.collect::<Result<Vec<_>>>()?.join(" + "))
        }
        "impl_trait" => format!("impl {}", bounds(inner.as_array().ok_or("bounds are no list")?)?),
        "function_pointer" => "fn(..)".to_owned(),
        _ => return Err(format!("a type is a `{kind}`, which is unknown")),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn public(name: &str, inner: &Value) -> Value {
        json!({ "id": name, "name": name, "visibility": "public", "inner": inner })
    }

    fn function(name: &str, visibility: &str) -> Value {
        let header = json!({ "is_const": false, "is_unsafe": false });
        json!({ "id": name, "name": name, "visibility": visibility, "inner": { "function": { "header": header, "has_body": true } } })
    }

    fn glob(id: &str) -> Value {
        json!({ "id": "glob", "name": null, "visibility": "public",
                "inner": { "use": { "source": "crate::private", "name": "private", "id": id, "is_glob": true } } })
    }

    /// A crate whose root has a public function, a private function, a private module whose items
    /// are exported, and `more`.
    fn krate(more: &Value) -> Value {
        let module = |items: &[&str]| json!({ "module": { "items": items } });
        let mut private = public("private", &module(&["inner", "glob"]));
        private["visibility"] = json!("default");
        json!({ "root": "krate", "format_version": 57, "index": {
            "krate": public("krate", &module(&["open", "closed", "glob", "private", "more"])),
            "open": function("open", "public"), "closed": function("closed", "default"), "inner": function("inner", "public"),
            "private": private, "glob": glob("private"), "more": more,
        } })
    }

    #[test]
    fn what_is_public_and_what_is_exported_is_listed() {
        // The glob in the private module imports that module itself.
        let lines = items(&krate(&public("LIMIT", &json!({ "constant": {} })))).unwrap();
        let lines: Vec<_> = lines.iter().map(String::as_str).collect();
        assert_eq!(lines, ["const krate::LIMIT", "fn krate::inner", "fn krate::open"]);
    }

    #[test]
    fn what_is_not_understood_is_an_error() {
        let error = items(&krate(&public("x", &json!({ "novelty": {} })))).unwrap_err();
        assert_eq!(error, "krate::x is a `novelty`, which is unknown (format version 57 of rustdoc)");
        let error = items(&krate(&public("x", &json!({ "struct": { "kind": "unit" } })))).unwrap_err();
        assert!(error.starts_with("there is no `impls` in"), "{error}");
        assert!(items(&json!({})).is_err());
    }
}
