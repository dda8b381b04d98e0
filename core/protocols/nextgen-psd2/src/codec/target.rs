//! Path and query of a request.

use bankchannel_foundation::{
    Error,
    message::percent_encode,
    model::{Field, Object, Value},
    operation::{FieldLocation, Route, path_parameter},
};

/// Moves the path and query fields into the target.
pub(super) fn write(route: &Route, shape: &'static [Field], fields: &mut Object<'_>) -> Result<String, Error> {
    let mut target = String::new();
    for part in route.path.split('/').skip(1) {
        target.push('/');
        match path_parameter(part) {
            None => target.push_str(part),
            Some(name) => target.push_str(&segment(name, shape, fields)?),
        }
    }
    let mut separator = '?';
    for field in shape {
        let FieldLocation::Query(name) = FieldLocation::for_field(field, route) else { continue };
        if let Some(value) = fields.remove(field.wire) {
            let value = percent_encode(value.as_str().unwrap_or(&value.to_json()));
            target.push_str(&format!("{separator}{name}={value}"));
            separator = '&';
        }
    }
    Ok(target)
}

/// One segment of the path. Identifiers are opaque: characters that a segment may hold are not encoded (P-33).
fn segment(name: &str, shape: &'static [Field], fields: &mut Object<'_>) -> Result<String, Error> {
    let own = shape.iter().find(|field| field.wire == name).map_or(name, |field| field.name);
    let Some(Value::String(value)) = fields.remove(name) else {
        return Err(Error::missing_field(own, format!("{own} is missing")));
    };
    if matches!(&*value, "" | "." | "..") || value.chars().any(char::is_control) {
        return Err(Error::invalid_field(own, "is not allowed in a path"));
    }
    let mut out = String::with_capacity(value.len());
    for letter in value.chars() {
        if letter.is_ascii_alphanumeric() || "-._~!$&'()*+,;=:@".contains(letter) {
            out.push(letter);
        } else {
            out.push_str(&percent_encode(letter.encode_utf8(&mut [0; 4])));
        }
    }
    Ok(out)
}

/// Reads path and query into the fields; unknown query parameters are ignored.
pub(super) fn read<'m>(
    shape: &'static [Field],
    route: &Route,
    path: Vec<(&'static str, String)>,
    query: &'m [(String, String)],
    fields: &mut Object<'m>,
) -> Result<(), Error> {
    for (name, value) in path {
        fields.insert(name, value);
    }
    for field in shape {
        let FieldLocation::Query(name) = FieldLocation::for_field(field, route) else { continue };
        let mut given = query.iter().filter(|(own, _)| own == name);
        if let Some((_, value)) = given.next() {
            fields.insert(field.wire, value.as_str());
        }
        if given.next().is_some() {
            return Err(Error::invalid_field(name, "is given twice"));
        }
    }
    Ok(())
}
