//! The made-up house's patients.

use crate::fake::{Asked, Broken, Fake, Inner, header, json_reply, status};
use serde_json::{Value, json};
use trust::house::Reply;

impl Fake {
    pub fn fhir(&self, inner: &mut Inner, tenant: usize, asked: &Asked<'_>) -> Reply {
        let below: Vec<&str> =
            asked.path.trim_start_matches("/fhir/r4").split('/').filter(|part| !part.is_empty()).collect();
        let body: Option<Value> = serde_json::from_slice(&asked.call.body).ok();
        match (asked.call.method.as_str(), below.as_slice()) {
            ("GET", ["Patient"]) => self.search(inner, tenant, asked),
            ("POST", ["Patient"]) => match body.filter(is_patient) {
                Some(patient) => self.save(inner, tenant, asked, None, patient),
                None if self.broken == Broken::TakesAnyForm => status(201),
                None => self.refuse(inner, tenant, asked, 400),
            },
            ("GET", ["Patient", id]) => self.read(inner, tenant, asked, id, None),
            ("GET", ["Patient", id, "_history", version]) => self.read(inner, tenant, asked, id, version.parse().ok()),
            ("PUT", ["Patient", id]) => self.change(inner, tenant, asked, id, body),
            ("POST", []) => self.transaction(inner, tenant, asked, body),
            _ => self.refuse(inner, tenant, asked, 404),
        }
    }

    fn refuse(&self, inner: &mut Inner, tenant: usize, asked: &Asked<'_>, code: u16) -> Reply {
        self.record(inner, tenant, &asked.request, "request", "refused");
        status(code)
    }

    fn save(&self, inner: &mut Inner, tenant: usize, asked: &Asked<'_>, id: Option<&str>, mut patient: Value) -> Reply {
        let fresh = format!(
            "00000000-0000-7000-8000-{:012x}",
            inner.tenants.iter().map(|tenant| tenant.patients.len()).sum::<usize>()
        );
        let id = id.map_or(fresh, str::to_owned);
        patient["id"] = json!(id);
        let versions = inner.tenants[tenant].patients.entry(id.clone()).or_default();
        versions.push(patient.clone());
        let version = versions.len();
        self.store(&id, version, &patient);
        self.record(inner, tenant, &asked.request, if version == 1 { "create" } else { "revise" }, "done");
        let mut reply = json_reply(&patient);
        reply.status = if version == 1 { 201 } else { 200 };
        reply.headers.push(("etag".into(), format!("W/\"{version}\"")));
        reply
    }

    /// What lies on the disk: sealed, after the manner of this house.
    fn store(&self, id: &str, version: usize, patient: &Value) {
        let mut bytes = patient.to_string().into_bytes();
        if self.broken != Broken::StoresInTheClear {
            bytes.iter_mut().for_each(|byte| *byte ^= 0xa7);
        }
        std::fs::write(self.dir.join(format!("{id}-{version}.row")), bytes).unwrap();
    }

    fn read(&self, inner: &mut Inner, tenant: usize, asked: &Asked<'_>, id: &str, version: Option<usize>) -> Reply {
        let everybody = self.broken == Broken::ServesOtherTenants;
        let mut seen = inner.tenants.iter().enumerate().filter(|(number, _)| everybody || *number == tenant);
        let found = seen.find_map(|(_, tenant)| tenant.patients.get(id)).cloned();
        let action = if version.is_some() { "read-version" } else { "read" };
        let Some(versions) = found else {
            self.record(inner, tenant, &asked.request, action, "not-found");
            return status(404);
        };
        let version = version.unwrap_or(versions.len());
        self.record(inner, tenant, &asked.request, action, "done");
        let mut reply = json_reply(&versions[version - 1]);
        reply.headers.push(("etag".into(), format!("W/\"{version}\"")));
        reply
    }

    fn search(&self, inner: &mut Inner, tenant: usize, asked: &Asked<'_>) -> Reply {
        let everybody = self.broken == Broken::FindsOtherTenants;
        let wanted = asked.query.get("family");
        let by_id = asked.query.get("_id");
        let mut found = Vec::new();
        for (number, other) in inner.tenants.iter().enumerate() {
            if !everybody && number != tenant {
                continue;
            }
            let newest = other.patients.values().filter_map(|versions| versions.last());
            let matching = newest.filter(|patient| {
                wanted.is_none_or(|wanted| patient["name"][0]["family"] == **wanted)
                    && by_id.is_none_or(|id| patient["id"] == **id)
            });
            found.extend(matching.map(|patient| json!({ "resource": patient })));
        }
        self.record(inner, tenant, &asked.request, "search", "done");
        json_reply(&json!({ "resourceType": "Bundle", "entry": found }))
    }

    fn change(&self, inner: &mut Inner, tenant: usize, asked: &Asked<'_>, id: &str, body: Option<Value>) -> Reply {
        let Some(body) = body.filter(is_patient) else { return self.refuse(inner, tenant, asked, 400) };
        let owner = inner.tenants.iter().position(|tenant| tenant.patients.contains_key(id));
        if let Some(owner) = owner.filter(|owner| self.broken == Broken::LetsOthersWrite && *owner != tenant) {
            inner.tenants[owner].patients.get_mut(id).unwrap().push(body);
            // The worst kind: it says no and does it.
            return status(404);
        }
        let Some(versions) = inner.tenants[tenant].patients.get(id) else {
            return self.refuse(inner, tenant, asked, 404);
        };
        let present = format!("W/\"{}\"", versions.len());
        if header(asked.call, "if-match") != Some(present) {
            return self.refuse(inner, tenant, asked, 412);
        }
        self.save(inner, tenant, asked, Some(id), body)
    }

    fn transaction(&self, inner: &mut Inner, tenant: usize, asked: &Asked<'_>, body: Option<Value>) -> Reply {
        let entries = body.and_then(|body| body["entry"].as_array().cloned()).unwrap_or_default();
        if entries.is_empty() || entries.iter().any(|entry| entry["request"]["method"] != "POST") {
            return self.refuse(inner, tenant, asked, 404);
        }
        for entry in entries {
            self.save(inner, tenant, asked, None, entry["resource"].clone());
        }
        json_reply(&json!({ "resourceType": "Bundle", "type": "transaction-response" }))
    }
}

fn is_patient(body: &Value) -> bool {
    let date = body["birthDate"].as_str().unwrap_or("2000-01-01");
    body["resourceType"] == "Patient" && date.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-')
}
