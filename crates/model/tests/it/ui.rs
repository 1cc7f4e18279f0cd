#[test]
fn a_declaration_with_a_mistake_does_not_compile_and_says_why() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
