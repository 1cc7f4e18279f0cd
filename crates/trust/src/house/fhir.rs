use super::Tenant;
use super::wire::{Call, Reply, Wire, escaped};
use crate::probe::Trouble;
use serde_json::{Value, json};

const MEDIA_TYPE: &str = "application/fhir+json";

/// One tenant's FHIR interface.
pub(crate) struct Fhir<'a> {
    wire: &'a dyn Wire,
    pub prefix: String,
    pub token: &'a str,
}

/// A resource that the house keeps.
#[derive(Debug, Clone)]
pub(crate) struct Kept {
    pub id: String,
    pub etag: Option<String>,
}

impl<'a> Fhir<'a> {
    pub fn of(wire: &'a dyn Wire, tenant: &'a Tenant) -> Self {
        Self { wire, prefix: path_of(&tenant.fhir.base), token: &tenant.fhir.token }
    }

    /// The same interface with somebody else's token.
    pub fn with_token<'b>(&self, token: &'b str) -> Fhir<'b>
    where
        'a: 'b,
    {
        Fhir { wire: self.wire, prefix: self.prefix.clone(), token }
    }

    pub async fn call(&self, method: &str, below: &str, body: Option<&Value>) -> Result<Reply, Trouble> {
        self.call_if(method, below, body, None).await
    }

    pub async fn call_if(
        &self,
        method: &str,
        below: &str,
        body: Option<&Value>,
        if_match: Option<&str>,
    ) -> Result<Reply, Trouble> {
        let mut call =
            Call::new(method, format!("{}{below}", self.prefix)).bearer(self.token).header("accept", MEDIA_TYPE);
        if let Some(etag) = if_match {
            call = call.header("if-match", etag);
        }
        if let Some(body) = body {
            call = call.body(MEDIA_TYPE, body.to_string());
        }
        self.wire.call(call).await
    }

    pub async fn create(&self, resource: &Value) -> Result<Kept, Trouble> {
        let sort = resource.get("resourceType").and_then(Value::as_str).unwrap_or_default();
        let reply = self.call("POST", &format!("/{sort}"), Some(resource)).await?.good("creating a patient")?;
        kept(&reply, sort)
    }

    /// The resource and its version, or `None` if it is not there.
    pub async fn read(&self, sort: &str, id: &str) -> Result<Option<(Value, Kept)>, Trouble> {
        let reply = self.call("GET", &format!("/{sort}/{id}"), None).await?;
        match reply.status {
            404 | 410 => Ok(None),
            _ => {
                let reply = reply.good("reading a patient")?;
                let etag = reply.header("etag").map(str::to_owned);
                Ok(Some((reply.json()?, Kept { id: id.to_owned(), etag })))
            }
        }
    }

    /// The version of a resource, or `None` if it is not there.
    pub async fn etag(&self, sort: &str, id: &str) -> Result<Option<String>, Trouble> {
        Ok(self.read(sort, id).await?.and_then(|(_, kept)| kept.etag))
    }

    pub async fn search(&self, sort: &str, field: &str, value: &str) -> Result<Value, Trouble> {
        let below = format!("/{sort}?{field}={}", escaped(value));
        self.call("GET", &below, None).await?.good("searching")?.json()
    }

    /// The ids of a type, as many as one page of a search shows.
    pub async fn ids(&self, sort: &str) -> Result<Vec<String>, Trouble> {
        let reply = self.call("GET", &format!("/{sort}?_count=20"), None).await?;
        if reply.status != 200 {
            return Ok(Vec::new());
        }
        let found = reply.json()?;
        let ids =
            bundle_resources(&found).filter(|resource| resource.get("resourceType").is_some_and(|found| found == sort));
        Ok(ids.filter_map(|resource| resource.get("id")?.as_str().map(str::to_owned)).collect())
    }

    /// The resource types that the house says it keeps.
    pub async fn sorts(&self) -> Result<Vec<String>, Trouble> {
        let metadata = self.call("GET", "/metadata", None).await?.good("reading the capability statement")?.json()?;
        let listed = metadata.pointer("/rest/0/resource").and_then(Value::as_array);
        let listed = listed.ok_or_else(|| Trouble::new("the capability statement lists no resources"))?;
        Ok(listed.iter().filter_map(|row| row.get("type")?.as_str().map(str::to_owned)).collect())
    }
}

/// The path of an address of the house.
fn path_of(address: &str) -> String {
    let after = address.split_once("://").map_or(address, |(_, rest)| rest);
    let path =
        if address.contains("://") { after.find('/').and_then(|at| after.get(at..)).unwrap_or("") } else { after };
    path.trim_end_matches('/').to_owned()
}

fn kept(reply: &Reply, sort: &str) -> Result<Kept, Trouble> {
    let etag = reply.header("etag").map(str::to_owned);
    let from_body = serde_json::from_slice::<Value>(&reply.body).ok();
    let from_body = from_body.and_then(|body| body.get("id")?.as_str().map(str::to_owned));
    let from_location = || {
        let after = reply.header("location")?.split_once(&format!("/{sort}/"))?.1;
        after.split('/').next().map(str::to_owned)
    };
    let id = from_body.or_else(from_location);
    id.map(|id| Kept { id, etag }).ok_or_else(|| Trouble::new("the house created a patient and did not say its id"))
}

/// The resources in a bundle.
pub(crate) fn bundle_resources(bundle: &Value) -> impl Iterator<Item = &Value> {
    let entries = bundle.get("entry").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    entries.iter().filter_map(|entry| entry.get("resource"))
}

/// A synthetic patient whose every text is `word`.
pub(crate) fn patient(word: &str) -> Value {
    json!({
        "resourceType": "Patient",
        "extension": [{ "url": "https://candor.example/fhir/synthetic", "valueString": word }],
        "name": [{ "use": "official", "family": word, "given": [word] }],
        "telecom": [{ "system": "email", "value": format!("{word}@example.org") }],
        "gender": "unknown",
        "birthDate": "1987-04-05",
        "address": [{ "line": [word], "city": word, "postalCode": "ZZ99 3VZ" }]
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_of_an_address_has_no_host_and_no_last_slash() {
        for (address, path) in [
            ("https://127.0.0.1:1/fhir/r4", "/fhir/r4"),
            ("https://h/fhir/t/r4/", "/fhir/t/r4"),
            ("/fhir/r4", "/fhir/r4"),
            ("https://h", ""),
        ] {
            assert_eq!(path_of(address), path);
        }
    }
}
