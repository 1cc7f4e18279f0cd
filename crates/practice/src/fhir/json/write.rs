//! A small writer for the house's own documents: members in the order they are put.

/// An object that is being written.
#[derive(Debug)]
pub struct Object {
    out: String,
    empty: bool,
}

/// A list that is being written.
#[derive(Debug)]
pub struct List {
    out: String,
    empty: bool,
}

/// The text of an object.
pub fn object(fill: impl FnOnce(&mut Object)) -> String {
    object_into(String::new(), fill)
}

fn object_into(mut out: String, fill: impl FnOnce(&mut Object)) -> String {
    out.push('{');
    let mut object = Object { out, empty: true };
    fill(&mut object);
    object.out.push('}');
    object.out
}

fn list_into(mut out: String, fill: impl FnOnce(&mut List)) -> String {
    out.push('[');
    let mut list = List { out, empty: true };
    fill(&mut list);
    list.out.push(']');
    list.out
}

impl Object {
    fn name(&mut self, name: &str) {
        if !std::mem::take(&mut self.empty) {
            self.out.push(',');
        }
        quote(name, &mut self.out);
        self.out.push(':');
    }

    /// A string.
    pub fn text(&mut self, name: &str, value: &str) {
        self.name(name);
        quote(value, &mut self.out);
    }

    /// A string, if there is one.
    pub fn maybe_text(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.text(name, value);
        }
    }

    /// A value that is JSON already.
    pub fn raw(&mut self, name: &str, json: &str) {
        self.name(name);
        self.out.push_str(json);
    }

    /// `true` or `false`.
    pub fn truth(&mut self, name: &str, value: bool) {
        self.raw(name, if value { "true" } else { "false" });
    }

    /// An object.
    pub fn object(&mut self, name: &str, fill: impl FnOnce(&mut Object)) {
        self.name(name);
        self.out = object_into(std::mem::take(&mut self.out), fill);
    }

    /// A list.
    pub fn list(&mut self, name: &str, fill: impl FnOnce(&mut List)) {
        self.name(name);
        self.out = list_into(std::mem::take(&mut self.out), fill);
    }

    /// A list of strings, left out if there are none: FHIR has no empty lists.
    pub fn texts<'a>(&mut self, name: &str, values: impl IntoIterator<Item = &'a str>) {
        let mut values = values.into_iter().peekable();
        if values.peek().is_some() {
            self.list(name, |list| values.for_each(|value| list.text(value)));
        }
    }
}

impl List {
    fn next(&mut self) {
        if !std::mem::take(&mut self.empty) {
            self.out.push(',');
        }
    }

    /// A string.
    pub fn text(&mut self, value: &str) {
        self.next();
        quote(value, &mut self.out);
    }

    /// A value that is JSON already.
    pub fn raw(&mut self, json: &str) {
        self.next();
        self.out.push_str(json);
    }

    /// An object.
    pub fn object(&mut self, fill: impl FnOnce(&mut Object)) {
        self.next();
        self.out = object_into(std::mem::take(&mut self.out), fill);
    }
}

/// Writes a string with its quotes and escapes.
pub(super) fn quote(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if u32::from(c) < 0x20 => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
}
