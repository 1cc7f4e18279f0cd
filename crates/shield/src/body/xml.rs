//! XML: texts and attribute values, each on its own; entities of the document are never expanded.

use super::{Collector, Stop};
use crate::transform::entities_decoded;
use crate::variable::Variable;
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

/// The names under which rules find texts and attribute values.
pub(crate) const TEXTS: &[u8] = b"/*";
pub(crate) const ATTRIBUTES: &[u8] = b"//@*";

/// Reads a body. What follows a mistake is kept as one text, so that it is inspected all the same.
pub(crate) fn read<'r>(source: &'r [u8], into: &mut Collector<'r>) -> Result<(), Stop> {
    let mut reader = Reader::from_reader(source);
    let config = reader.config_mut();
    config.check_end_names = true;
    let mut depth = 0usize;
    let mut text: Vec<u8> = Vec::new();
    loop {
        let place = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
        let event = match reader.read_event() {
            Ok(event) => event,
            Err(_) => {
                flush(&mut text, into)?;
                let rest = source.get(place..).unwrap_or_default();
                into.argument(Variable::Xml, TEXTS, rest)?;
                return Err(into.malformed("XML that cannot be read"));
            }
        };
        match event {
            Event::Text(part) => text.extend_from_slice(&entities_decoded(part.as_bytes())),
            Event::CData(part) => text.extend_from_slice(part.as_bytes()),
            Event::GeneralRef(part) => {
                let whole = [b"&".as_slice(), part.as_bytes(), b";"].concat();
                text.extend_from_slice(&entities_decoded(&whole));
            }
            Event::Start(element) => {
                flush(&mut text, into)?;
                depth += 1;
                into.depth(depth)?;
                attributes(&element, into)?;
            }
            Event::Empty(element) => {
                flush(&mut text, into)?;
                attributes(&element, into)?;
            }
            Event::End(_) => {
                flush(&mut text, into)?;
                depth = depth.saturating_sub(1);
            }
            Event::DocType(declaration) => {
                into.argument(Variable::Xml, TEXTS, [b"<!DOCTYPE ".as_slice(), declaration.as_bytes(), b">"].concat())?;
            }
            Event::Eof if depth > 0 => {
                flush(&mut text, into)?;
                return Err(into.malformed("XML without an end"));
            }
            Event::Eof => return flush(&mut text, into),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
        }
    }
}

fn flush<'r>(text: &mut Vec<u8>, into: &mut Collector<'r>) -> Result<(), Stop> {
    let text = std::mem::take(text);
    if text.trim_ascii().is_empty() { Ok(()) } else { into.argument(Variable::Xml, TEXTS, text) }
}

fn attributes<'r>(element: &BytesStart<'_>, into: &mut Collector<'r>) -> Result<(), Stop> {
    for attribute in element.attributes() {
        match attribute {
            Ok(attribute) => {
                let value = entities_decoded(attribute.value.as_bytes());
                into.argument(Variable::Xml, ATTRIBUTES, value)?;
            }
            Err(_) => {
                let whole: Vec<u8> = element.as_bytes().to_vec();
                into.argument(Variable::Xml, ATTRIBUTES, whole)?;
                into.malformed = Some("an XML attribute that cannot be read");
            }
        }
    }
    Ok(())
}
