/// Bytes to which a seal is bound: a list of fields, each with its length before it.
///
/// INVARIANT: two different lists of fields never give the same bytes, because every field is
/// preceded by its length as a big-endian `u64` and the label, the first field, fixes their number.
pub(crate) struct Context(Vec<u8>);

impl Context {
    pub(crate) fn new(label: &str) -> Self {
        Self(Vec::with_capacity(192)).and(label.as_bytes())
    }

    #[must_use]
    pub(crate) fn and(mut self, field: &[u8]) -> Self {
        self.0.extend_from_slice(&(field.len() as u64).to_be_bytes());
        self.0.extend_from_slice(field);
        self
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::Context;

    #[test]
    fn bytes_that_slide_from_one_field_into_the_next_make_another_context() {
        let left = Context::new("x").and(b"ab").and(b"c");
        let right = Context::new("x").and(b"a").and(b"bc");
        assert_ne!(left.as_bytes(), right.as_bytes());
        assert_ne!(Context::new("x").and(b"").as_bytes(), Context::new("x").as_bytes());
    }
}
