use model::Kind;

#[derive(serde::Serialize, serde::Deserialize, Kind)]
#[kind(
    name = "sample.thing",
    version = 4,
    words = "A thing.",
    subject = nobody,
    purpose = Administration,
    retention = Organisation,
    history = LatestOnly,
    read = "thing.read",
    create = "thing.create",
    revise = "thing.update",
    retire = "thing.retire",
    upgrade(2 = step)
)]
struct Thing {
    #[field(sensitivity = Internal)]
    name: String,
}

fn step(value: model::__private::serde_json::Value) -> Result<model::__private::serde_json::Value, &'static str> {
    Ok(value)
}

fn main() {}
