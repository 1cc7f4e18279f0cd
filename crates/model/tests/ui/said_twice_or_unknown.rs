use model::Kind;

#[derive(serde::Serialize, serde::Deserialize, Kind)]
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
    retire = "thing.retire",
    name = "sample.other"
)]
struct Thing {
    #[field(sensitivity = Internal, sensitivity = Public)]
    name: String,
    #[field(sensitivity = Internal, encrypted)]
    other: String,
}

fn main() {}
