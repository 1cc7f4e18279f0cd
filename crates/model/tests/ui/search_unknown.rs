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
    retire = "thing.retire"
)]
struct Thing {
    #[field(sensitivity = Internal, search = Prefix)]
    name: String,
}

fn main() {}
