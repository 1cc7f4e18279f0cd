//! Queries, forms and cookies.

use super::{Collector, Stop};
use crate::transform::url_decoded;
use crate::variable::Variable;

/// Reads `name=value&name=value`.
pub(crate) fn read<'r>(source: &'r [u8], variable: Variable, into: &mut Collector<'r>) -> Result<(), Stop> {
    for pair in source.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
        let (name, value) = halves(pair);
        into.argument(variable, url_decoded(name), url_decoded(value))?;
    }
    Ok(())
}

/// Reads one cookie header.
pub(crate) fn cookies<'r>(header: &'r [u8], into: &mut Collector<'r>) -> Result<(), Stop> {
    for pair in header.split(|byte| *byte == b';') {
        let pair = pair.trim_ascii();
        if !pair.is_empty() {
            let (name, value) = halves(pair);
            into.argument(Variable::RequestCookies, name, value)?;
        }
    }
    Ok(())
}

fn halves(pair: &[u8]) -> (&[u8], &[u8]) {
    match pair.iter().position(|byte| *byte == b'=') {
        Some(place) => (pair.get(..place).unwrap_or_default(), pair.get(place + 1..).unwrap_or_default()),
        None => (pair, &[]),
    }
}
