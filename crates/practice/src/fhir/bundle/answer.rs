//! Bundles that answer: to a transaction or batch, to a search, to a question for history.

use model::Time;

use super::BundleType;
use crate::fhir::ids::{EntityTag, FhirId, VersionId, instant};
use crate::fhir::json::{Object, object};
use crate::fhir::search::Plan;
use crate::fhir::{Type, outcome};

/// The answer to one entry.
#[derive(Debug, Clone)]
pub struct EntryAnswer {
    /// Status line without the protocol, such as `201 Created`.
    pub status: String,
    /// Where it is now, such as `Patient/123/_history/1`.
    pub location: Option<String>,
    /// Its version.
    pub version: Option<VersionId>,
    /// When it was last written.
    pub modified: Option<Time>,
    /// The resource's text, for reads and searches.
    pub resource: Option<String>,
    /// An `OperationOutcome`'s text, for refusals.
    pub outcome: Option<String>,
}

/// A resource in an answer.
#[derive(Debug, Clone)]
pub struct Match<'a> {
    /// Its id.
    pub id: &'a FhirId,
    /// Its text.
    pub text: &'a str,
}

/// The Bundle that answers a transaction or batch; `answers` in the order of the entries.
pub fn response(of: BundleType, answers: &[EntryAnswer]) -> String {
    object(|bundle| {
        bundle.text("resourceType", "Bundle");
        bundle.text("type", of.response_name());
        if answers.is_empty() {
            return;
        }
        bundle.list("entry", |entries| {
            for answer in answers {
                entries.object(|entry| entry_of(entry, answer));
            }
        });
    })
}

fn entry_of(entry: &mut Object, answer: &EntryAnswer) {
    if let Some(resource) = &answer.resource {
        entry.raw("resource", resource);
    }
    entry.object("response", |response| {
        response.text("status", &answer.status);
        response.maybe_text("location", answer.location.as_deref());
        response.maybe_text("etag", answer.version.map(|version| EntityTag(version).to_string()).as_deref());
        response.maybe_text("lastModified", answer.modified.map(instant).as_deref());
        if let Some(outcome) = &answer.outcome {
            response.raw("outcome", outcome);
        }
    });
}

/// The answer to a search. `next` is the page token of what follows, if anything does.
pub fn searchset(base: &str, plan: &Plan, matches: &[Match<'_>], next: Option<&str>) -> String {
    object(|bundle| {
        bundle.text("resourceType", "Bundle");
        bundle.text("type", "searchset");
        bundle.list("link", |links| {
            let query = plan.self_query();
            let mark = if query.is_empty() { "" } else { "?" };
            let mut link = |relation: &str, url: &str| {
                links.object(|link| {
                    link.text("relation", relation);
                    link.text("url", url);
                });
            };
            link("self", &format!("{base}/{}{mark}{query}", plan.of));
            if let Some(next) = next {
                link("next", &format!("{base}/{}?{}", plan.of, plan.query_of_page(next)));
            }
        });
        if matches.is_empty() && plan.ignored.is_empty() {
            return;
        }
        bundle.list("entry", |entries| {
            for found in matches {
                entries.object(|entry| {
                    entry.text("fullUrl", &format!("{base}/{}/{}", plan.of, found.id));
                    entry.raw("resource", found.text);
                    entry.object("search", |search| search.text("mode", "match"));
                });
            }
            if !plan.ignored.is_empty() {
                entries.object(|entry| {
                    entry.raw("resource", &outcome::of_ignored(&plan.ignored));
                    entry.object("search", |search| search.text("mode", "outcome"));
                });
            }
        });
    })
}

/// The versions of one resource, newest first. A version without text is the one that deleted it.
pub fn history(base: &str, of: Type, id: &FhirId, versions: &[(VersionId, Time, Option<&str>)]) -> String {
    object(|bundle| {
        bundle.text("resourceType", "Bundle");
        bundle.text("type", "history");
        bundle.raw("total", &versions.len().to_string());
        if versions.is_empty() {
            return;
        }
        bundle.list("entry", |entries| {
            for (version, modified, text) in versions {
                let (method, status) = match (text, *version == VersionId::FIRST) {
                    (None, _) => ("DELETE", "204 No Content"),
                    (Some(_), true) => ("PUT", "201 Created"),
                    (Some(_), false) => ("PUT", "200 OK"),
                };
                entries.object(|entry| {
                    entry.text("fullUrl", &format!("{base}/{of}/{id}"));
                    if let Some(text) = text {
                        entry.raw("resource", text);
                    }
                    entry.object("request", |request| {
                        request.text("method", method);
                        request.text("url", &format!("{of}/{id}"));
                    });
                    entry.object("response", |response| {
                        response.text("status", status);
                        response.text("etag", &EntityTag(*version).to_string());
                        response.text("lastModified", &instant(*modified));
                    });
                });
            }
        });
    })
}
