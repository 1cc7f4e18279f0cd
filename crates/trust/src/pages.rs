/// Placeholder.
pub struct Centre;
/// Placeholder.
pub fn site(_: Centre) {}
