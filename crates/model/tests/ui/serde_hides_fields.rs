use model::Kind;

#[derive(serde::Serialize, serde::Deserialize, Kind)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[kind(
    name = "sample.thing",
    version = 1,
    words = "A thing.",
    subject = nobody,
    purpose = Administration,
    retention = Organisation,
    history = LatestOnly,
    read = "thing.read",
    create = "thing.create",
    revise = "thing.update",
    retire = "thing.retire"
)]
struct Thing {
    #[serde(default, rename = "n")]
    #[field(sensitivity = Internal)]
    name: String,
    #[serde(skip)]
    #[field(sensitivity = Internal)]
    other: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[field(sensitivity = Internal)]
    harmless: Option<String>,
}

fn main() {}
