use crate::{RecordId, RequestId, SessionId, SubjectId, TenantId, Time};

/// What comes from outside a pure rule: the time and randomness.
///
/// INVARIANT: only `candor` implements this with the machine's clock and generator; everything
/// else receives it, so any rule can be tested at any date and with any seed.
pub trait Outside: Send + Sync + 'static {
    /// The present moment, UTC.
    fn now(&self) -> Time;

    /// Fills `bytes` from a cryptographically secure generator.
    fn fill(&self, bytes: &mut [u8]);

    /// A fresh UUID version 7 (RFC 9562 §5.7) for the present moment.
    fn uuid(&self) -> uuid::Uuid {
        let mut random = [0u8; 10];
        self.fill(&mut random);
        let millis = u64::try_from(self.now().micros() / 1000).unwrap_or(0);
        uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
    }

    /// A fresh record id.
    fn record_id(&self) -> RecordId {
        RecordId::from_uuid(self.uuid())
    }

    /// A fresh tenant id.
    fn tenant_id(&self) -> TenantId {
        TenantId::from_uuid(self.uuid())
    }

    /// A fresh data subject id.
    fn subject_id(&self) -> SubjectId {
        SubjectId::from_uuid(self.uuid())
    }

    /// A fresh request id.
    fn request_id(&self) -> RequestId {
        RequestId::from_uuid(self.uuid())
    }

    /// A fresh session id.
    fn session_id(&self) -> SessionId {
        SessionId::from_uuid(self.uuid())
    }
}
