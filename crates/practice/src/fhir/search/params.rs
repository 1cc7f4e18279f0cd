//! The search parameters of each type, and the index fields behind them. Source of names, types and
//! definitions: HL7 FHIR R4 (4.0.1) search parameters.

use model::{Bucket, FieldDecl, Search, Sensitivity};

use crate::fhir::Type;

/// A search parameter.
#[derive(Debug, Clone, Copy)]
pub struct Param {
    /// Its name in a query.
    pub name: &'static str,
    /// How its values are written.
    pub param_type: ParamType,
    /// Where the values stand in the resource.
    pub paths: &'static [&'static [&'static str]],
    /// How it finds.
    pub by: By,
    /// Canonical address of its definition.
    pub definition: &'static str,
    /// For people.
    pub words: &'static str,
}

/// The R4 type of a search parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParamType {
    /// Text.
    String,
    /// Dates and ranges of dates.
    Date,
    /// A code or an identifier, with or without its system.
    Token,
    /// Another resource.
    Reference,
}

/// How a parameter finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// By terms in any of these fields.
    Index(&'static [&'static str]),
    /// By dates: buckets in the first field, partial dates in the second.
    Dates(&'static str, &'static str),
    /// It only narrows what another parameter finds: it is not indexed, so nothing about it leaks.
    Narrowing,
}

impl ParamType {
    /// The name in a capability statement.
    pub const fn name(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Date => "date",
            Self::Token => "token",
            Self::Reference => "reference",
        }
    }
}

/// The search parameters of a type.
pub const fn params(of: Type) -> &'static [Param] {
    match of {
        Type::Patient => PATIENT,
        Type::Practitioner => PRACTITIONER,
        Type::DocumentReference => DOCUMENT,
        Type::Binary => BINARY,
    }
}

/// What is indexed of a type, and what the rest of it holds: the fields of its kind's declaration.
pub const fn fields(of: Type) -> &'static [FieldDecl] {
    match of {
        Type::Patient => PATIENT_FIELDS,
        Type::Practitioner => PRACTITIONER_FIELDS,
        Type::DocumentReference => DOCUMENT_FIELDS,
        Type::Binary => BINARY_FIELDS,
    }
}

const FAMILY: FieldDecl = FieldDecl::new("family", Sensitivity::Identifying, Search::Words);
const GIVEN: FieldDecl = FieldDecl::new("given", Sensitivity::Identifying, Search::Words);
const NAME: FieldDecl = FieldDecl::new("name", Sensitivity::Identifying, Search::Words);
const IDENTIFIER: FieldDecl = FieldDecl::new("identifier", Sensitivity::Identifying, Search::Exact);

const PATIENT_FIELDS: &[FieldDecl] = &[
    FAMILY,
    GIVEN,
    NAME,
    IDENTIFIER,
    FieldDecl::new("birthdate", Sensitivity::Identifying, Search::Bucket(Bucket::Day)),
    FieldDecl::new("birthdate-partial", Sensitivity::Identifying, Search::Exact),
    FieldDecl::new("resource", Sensitivity::Health, Search::Never),
];

const PRACTITIONER_FIELDS: &[FieldDecl] =
    &[FAMILY, GIVEN, NAME, IDENTIFIER, FieldDecl::new("resource", Sensitivity::Identifying, Search::Never)];

const DOCUMENT_FIELDS: &[FieldDecl] = &[
    FieldDecl::new("subject", Sensitivity::Health, Search::Exact).refers(Type::Patient.kind_name()),
    IDENTIFIER,
    FieldDecl::new("date", Sensitivity::Health, Search::Bucket(Bucket::Day)),
    FieldDecl::new("date-partial", Sensitivity::Health, Search::Exact),
    FieldDecl::new("resource", Sensitivity::Health, Search::Never),
];

const BINARY_FIELDS: &[FieldDecl] = &[FieldDecl::new("resource", Sensitivity::Health, Search::Never)];

const PATIENT: &[Param] = &[
    name(Type::Patient),
    family(),
    given(),
    identifier(Type::Patient),
    Param {
        name: "birthdate",
        param_type: ParamType::Date,
        paths: &[&["birthDate"]],
        by: By::Dates("birthdate", "birthdate-partial"),
        definition: "http://hl7.org/fhir/SearchParameter/individual-birthdate",
        words: "Date of birth, whole or partial, with eq, ge, gt, le, lt, sa or eb.",
    },
    Param {
        name: "gender",
        param_type: ParamType::Token,
        paths: &[&["gender"]],
        by: By::Narrowing,
        definition: "http://hl7.org/fhir/SearchParameter/individual-gender",
        words: "Administrative gender. Narrows another parameter; not indexed.",
    },
];

const PRACTITIONER: &[Param] = &[name(Type::Practitioner), family(), given(), identifier(Type::Practitioner)];

const DOCUMENT: &[Param] = &[
    reference("patient", "http://hl7.org/fhir/SearchParameter/clinical-patient", "The patient it is about."),
    reference("subject", "http://hl7.org/fhir/SearchParameter/DocumentReference-subject", "Whom or what it is about."),
    Param {
        name: "identifier",
        param_type: ParamType::Token,
        paths: &[&["masterIdentifier"], &["identifier"]],
        by: By::Index(&["identifier"]),
        definition: "http://hl7.org/fhir/SearchParameter/clinical-identifier",
        words: "An identifier, with or without its system.",
    },
    Param {
        name: "date",
        param_type: ParamType::Date,
        paths: &[&["date"]],
        by: By::Dates("date", "date-partial"),
        definition: "http://hl7.org/fhir/SearchParameter/DocumentReference-date",
        words: "When the reference was made, with eq, ge, gt, le, lt, sa or eb.",
    },
    Param {
        name: "status",
        param_type: ParamType::Token,
        paths: &[&["status"]],
        by: By::Narrowing,
        definition: "http://hl7.org/fhir/SearchParameter/DocumentReference-status",
        words: "current, superseded or entered-in-error. Narrows another parameter; not indexed.",
    },
    Param {
        name: "type",
        param_type: ParamType::Token,
        paths: &[&["type", "coding"]],
        by: By::Narrowing,
        definition: "http://hl7.org/fhir/SearchParameter/clinical-type",
        words: "The kind of document. Narrows another parameter; not indexed.",
    },
];

const BINARY: &[Param] = &[];

const fn name(of: Type) -> Param {
    Param {
        name: "name",
        param_type: ParamType::String,
        paths: &[&["name", "family"], &["name", "given"], &["name", "text"]],
        by: By::Index(&["family", "given", "name"]),
        definition: match of {
            Type::Practitioner => "http://hl7.org/fhir/SearchParameter/Practitioner-name",
            _ => "http://hl7.org/fhir/SearchParameter/Patient-name",
        },
        words: "The beginning of any word of the family name, a given name or the name as text.",
    }
}

const fn family() -> Param {
    Param {
        name: "family",
        param_type: ParamType::String,
        paths: &[&["name", "family"]],
        by: By::Index(&["family"]),
        definition: "http://hl7.org/fhir/SearchParameter/individual-family",
        words: "The beginning of any word of the family name.",
    }
}

const fn given() -> Param {
    Param {
        name: "given",
        param_type: ParamType::String,
        paths: &[&["name", "given"]],
        by: By::Index(&["given"]),
        definition: "http://hl7.org/fhir/SearchParameter/individual-given",
        words: "The beginning of any word of a given name.",
    }
}

const fn identifier(of: Type) -> Param {
    Param {
        name: "identifier",
        param_type: ParamType::Token,
        paths: &[&["identifier"]],
        by: By::Index(&["identifier"]),
        definition: match of {
            Type::Practitioner => "http://hl7.org/fhir/SearchParameter/Practitioner-identifier",
            _ => "http://hl7.org/fhir/SearchParameter/Patient-identifier",
        },
        words: "An identifier such as an NHS number, with or without its system.",
    }
}

const fn reference(name: &'static str, definition: &'static str, words: &'static str) -> Param {
    Param {
        name,
        param_type: ParamType::Reference,
        paths: &[&["subject", "reference"]],
        by: By::Index(&["subject"]),
        definition,
        words,
    }
}
