//! What the FHIR interface can do, said in its own terms: a `CapabilityStatement` made from the tables that
//! the interface itself works by.

use model::Time;

use super::Type;
use super::ids::instant;
use super::json::{Limits, List, Object, object};
use super::search::params;

/// What a type can be asked to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interaction {
    /// `GET /Type/id`
    Read,
    /// `GET /Type/id/_history/version`
    Vread,
    /// `POST /Type`
    Create,
    /// `PUT /Type/id`
    Update,
    /// `DELETE /Type/id`
    Delete,
    /// `GET /Type/id/_history`
    HistoryInstance,
    /// `GET /Type?…`
    SearchType,
}

impl Interaction {
    /// The code of R4's value set type-restful-interaction.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Vread => "vread",
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::HistoryInstance => "history-instance",
            Self::SearchType => "search-type",
        }
    }
}

/// What the server that is asked is and offers.
#[derive(Debug, Clone)]
pub struct Offer<'a> {
    /// Name of the software.
    pub software: &'a str,
    /// Its version.
    pub version: &'a str,
    /// Where the interface is, without a slash at the end.
    pub base: &'a str,
    /// What every type can do. The routes and this come from one list.
    pub interactions: &'a [Interaction],
    /// When this was last changed.
    pub date: Time,
}

/// The capability statement.
pub fn statement(offer: &Offer<'_>) -> String {
    object(|statement| {
        statement.text("resourceType", "CapabilityStatement");
        narrative(statement, offer);
        statement.text("status", "active");
        statement.text("date", &instant(offer.date));
        statement.text("kind", "instance");
        statement.object("software", |software| {
            software.text("name", offer.software);
            software.text("version", offer.version);
        });
        statement.object("implementation", |implementation| {
            implementation.text("description", "Records of one organisation, sealed and audited.");
            implementation.text("url", offer.base);
        });
        statement.text("fhirVersion", "4.0.1");
        statement.texts("format", ["application/fhir+json", "json"]);
        statement.list("rest", |rest| rest.object(|server| server_of(server, offer)));
    })
}

fn narrative(statement: &mut Object, offer: &Offer<'_>) {
    let rows: String = Type::ALL
        .into_iter()
        .map(|of| {
            let names: Vec<&str> = params(of).iter().map(|param| param.name).collect();
            let found = if names.is_empty() { "by id".to_owned() } else { names.join(", ") };
            format!("<tr><td>{of}</td><td>{found}</td></tr>")
        })
        .collect();
    let interactions: Vec<&str> = offer.interactions.iter().map(|interaction| interaction.code()).collect();
    let div = format!(
        "<div xmlns=\"http://www.w3.org/1999/xhtml\"><p>FHIR R4 as JSON. Every type: {}. Bundles: transaction, batch.</p>\
         <table><tr><th>Type</th><th>Search</th></tr>{rows}</table></div>",
        interactions.join(", ")
    );
    statement.object("text", |text| {
        text.text("status", "generated");
        text.text("div", &div);
    });
}

fn server_of(server: &mut Object, offer: &Offer<'_>) {
    server.text("mode", "server");
    server.text(
        "documentation",
        &format!(
            "A body has {} bytes at most, a Bundle {}. Unknown elements and unknown search parameters are refused; \
             unknown extensions are kept. Send Prefer: handling=lenient to have unknown search parameters ignored.",
            Limits::RESOURCE.bytes_max,
            Limits::BUNDLE.bytes_max
        ),
    );
    server.object("security", |security| {
        security.truth("cors", false);
        security.list("extension", |extensions| extensions.object(|uris| oauth_uris(uris, offer.base)));
        security.list("service", |services| {
            services.object(|service| {
                service.list("coding", |codings| {
                    codings.object(|coding| {
                        coding.text("system", "http://terminology.hl7.org/CodeSystem/restful-security-service");
                        coding.text("code", "SMART-on-FHIR");
                    });
                });
            });
        });
        security.text(
            "description",
            "A bearer token of one organisation: an API key, or a token for a signed assertion (SMART Backend Services). \
             Every read and every write is audited.",
        );
    });
    server.list("resource", |resources| {
        for of in Type::ALL {
            resources.object(|resource| resource_of(resource, of, offer.interactions));
        }
    });
    server.list("interaction", |interactions| {
        for code in ["transaction", "batch"] {
            interactions.object(|interaction| interaction.text("code", code));
        }
    });
}

/// Where programs ask for tokens (SMART App Launch, capability statement extension).
fn oauth_uris(uris: &mut Object, base: &str) {
    let house = base.strip_suffix("/fhir/r4").unwrap_or(base);
    uris.list("extension", |inner| {
        inner.object(|token| {
            token.text("url", "token");
            token.text("valueUri", &format!("{house}/oauth/token"));
        });
    });
    uris.text("url", "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris");
}

fn resource_of(resource: &mut Object, of: Type, interactions: &[Interaction]) {
    let can = |interaction: Interaction| interactions.contains(&interaction);
    let searched = !params(of).is_empty();
    resource.text("type", of.name());
    resource.text("profile", &format!("http://hl7.org/fhir/StructureDefinition/{of}"));
    resource.list("interaction", |list| {
        for interaction in interactions.iter().filter(|one| searched || **one != Interaction::SearchType) {
            list.object(|object| object.text("code", interaction.code()));
        }
    });
    resource.text("versioning", "versioned-update");
    resource.truth("readHistory", can(Interaction::Vread));
    resource.truth("updateCreate", can(Interaction::Update));
    resource.truth("conditionalCreate", searched && can(Interaction::Create));
    resource.text("conditionalRead", "not-match");
    resource.truth("conditionalUpdate", searched && can(Interaction::Update));
    let delete = if searched && can(Interaction::Delete) { "single" } else { "not-supported" };
    resource.text("conditionalDelete", delete);
    resource.texts("referencePolicy", ["literal", "logical", "local"]);
    if searched && can(Interaction::SearchType) {
        resource.list("searchParam", |list| search_params(list, of));
    }
}

fn search_params(list: &mut List, of: Type) {
    for param in params(of) {
        list.object(|object| {
            object.text("name", param.name);
            object.text("definition", param.definition);
            object.text("type", param.param_type.name());
            object.text("documentation", param.words);
        });
    }
    for (name, kind, words) in [
        ("_id", "token", "Ids, with commas between."),
        ("_lastUpdated", "date", "Narrows another parameter; not indexed."),
    ] {
        list.object(|object| {
            object.text("name", name);
            object.text(
                "definition",
                &format!("http://hl7.org/fhir/SearchParameter/Resource-{}", &name.replace('_', "")),
            );
            object.text("type", kind);
            object.text("documentation", words);
        });
    }
}
