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
    #[field(sensitivity = Public, search = Ordered)]
    public: String,
    #[field(sensitivity = Internal, search = Ordered)]
    internal: String,
    #[field(sensitivity = Identifying, search = Ordered)]
    identifying: String,
    #[field(sensitivity = Health, search = Ordered)]
    health: String,
    #[field(sensitivity = Secret, search = Ordered)]
    secret: String,
}

fn main() {}
