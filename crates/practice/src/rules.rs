//! Rules of the desk, all pure: what people type, what it says about a patient, what it changes in a resource.

/// Days of birth, as far as they are known.
pub mod birth;
/// What differs between two versions.
pub mod compare;
/// The details that the form shows, read from a resource and written into it.
pub mod details;
/// NHS numbers and their check digit.
pub mod nhs_number;
/// Objects and lists with a few members changed.
pub mod rewrite;
/// What is typed into the search box.
pub mod seeking;
/// What pages show of a person.
pub mod view;
