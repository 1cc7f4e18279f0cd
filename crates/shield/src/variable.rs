//! The variables of the rule language.

macro_rules! variables {
    ($($variant:ident $name:literal,)*) => {
        /// A variable that a rule can look at.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        #[repr(u8)]
        pub(crate) enum Variable { $($variant,)* }

        pub(crate) const VARIABLES: usize = [$($name,)*].len();

        impl Variable {
            pub(crate) fn named(name: &str) -> Option<Self> {
                match name.to_ascii_uppercase().as_str() {
                    $($name => Some(Self::$variant),)*
                    _ => None,
                }
            }

            pub(crate) fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }
    };
}

variables! {
    Args "ARGS",
    ArgsGet "ARGS_GET",
    ArgsPost "ARGS_POST",
    ArgsNames "ARGS_NAMES",
    ArgsGetNames "ARGS_GET_NAMES",
    ArgsPostNames "ARGS_POST_NAMES",
    ArgsCombinedSize "ARGS_COMBINED_SIZE",
    AuthType "AUTH_TYPE",
    Duration "DURATION",
    Env "ENV",
    Files "FILES",
    FilesNames "FILES_NAMES",
    FilesSizes "FILES_SIZES",
    FilesCombinedSize "FILES_COMBINED_SIZE",
    FilesTmpContent "FILES_TMP_CONTENT",
    FilesTmpNames "FILES_TMPNAMES",
    FullRequest "FULL_REQUEST",
    FullRequestLength "FULL_REQUEST_LENGTH",
    Geo "GEO",
    Global "GLOBAL",
    HighestSeverity "HIGHEST_SEVERITY",
    InboundDataError "INBOUND_DATA_ERROR",
    Ip "IP",
    MatchedVar "MATCHED_VAR",
    MatchedVarName "MATCHED_VAR_NAME",
    MatchedVars "MATCHED_VARS",
    MatchedVarsNames "MATCHED_VARS_NAMES",
    MultipartFilename "MULTIPART_FILENAME",
    MultipartName "MULTIPART_NAME",
    MultipartPartHeaders "MULTIPART_PART_HEADERS",
    MultipartStrictError "MULTIPART_STRICT_ERROR",
    MultipartUnmatchedBoundary "MULTIPART_UNMATCHED_BOUNDARY",
    OutboundDataError "OUTBOUND_DATA_ERROR",
    PathInfo "PATH_INFO",
    QueryString "QUERY_STRING",
    RemoteAddr "REMOTE_ADDR",
    RemoteHost "REMOTE_HOST",
    RemotePort "REMOTE_PORT",
    RemoteUser "REMOTE_USER",
    ReqbodyError "REQBODY_ERROR",
    ReqbodyErrorMsg "REQBODY_ERROR_MSG",
    ReqbodyProcessor "REQBODY_PROCESSOR",
    RequestBasename "REQUEST_BASENAME",
    RequestBody "REQUEST_BODY",
    RequestBodyLength "REQUEST_BODY_LENGTH",
    RequestCookies "REQUEST_COOKIES",
    RequestCookiesNames "REQUEST_COOKIES_NAMES",
    RequestFilename "REQUEST_FILENAME",
    RequestHeaders "REQUEST_HEADERS",
    RequestHeadersNames "REQUEST_HEADERS_NAMES",
    RequestLine "REQUEST_LINE",
    RequestMethod "REQUEST_METHOD",
    RequestProtocol "REQUEST_PROTOCOL",
    RequestUri "REQUEST_URI",
    RequestUriRaw "REQUEST_URI_RAW",
    Resource "RESOURCE",
    ResponseBody "RESPONSE_BODY",
    ResponseContentLength "RESPONSE_CONTENT_LENGTH",
    ResponseContentType "RESPONSE_CONTENT_TYPE",
    ResponseHeaders "RESPONSE_HEADERS",
    ResponseHeadersNames "RESPONSE_HEADERS_NAMES",
    ResponseProtocol "RESPONSE_PROTOCOL",
    ResponseStatus "RESPONSE_STATUS",
    RuleSelf "RULE",
    ServerAddr "SERVER_ADDR",
    ServerName "SERVER_NAME",
    ServerPort "SERVER_PORT",
    Session "SESSION",
    Tx "TX",
    UniqueId "UNIQUE_ID",
    UrlencodedError "URLENCODED_ERROR",
    User "USER",
    Xml "XML",
}

impl Variable {
    /// Whether its values change while rules run.
    pub(crate) fn moves(self) -> bool {
        matches!(
            self,
            Self::Tx
                | Self::Ip
                | Self::Global
                | Self::Session
                | Self::User
                | Self::Resource
                | Self::Geo
                | Self::MatchedVar
                | Self::MatchedVarName
                | Self::MatchedVars
                | Self::MatchedVarsNames
                | Self::HighestSeverity
                | Self::ReqbodyProcessor
        )
    }

    /// Collections that outlive a request elsewhere; here they live for one request.
    pub(crate) fn is_store(self) -> bool {
        matches!(self, Self::Ip | Self::Global | Self::Session | Self::User | Self::Resource)
    }
}
