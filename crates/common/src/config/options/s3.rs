//! How S3, or what speaks its protocol, is reached.

use std::time::Duration;

options! {
    S3_ENDPOINT: Option<String> = "s3.endpoint",
        "URL of the server; without it Amazon's for the region.";
    S3_ACCESS_KEY: Option<String> = "s3.access-key" older ["s3.access.key"],
        "Access key; without it the environment's (AWS_ACCESS_KEY_ID, ...).";
    S3_SECRET_KEY: Option<String> = "s3.secret-key" older ["s3.secret.key"],
        "Secret key.";
    S3_REGION: Option<String> = "s3.region" older ["s3.endpoint.region"],
        "Region that requests are signed for.";
    S3_PATH_STYLE_ACCESS: Option<bool> = "s3.path-style-access" older ["s3.path.style.access"],
        "Whether the bucket is in the path of a request or in its host; without it in the path if s3.endpoint is set.";
    S3_RETRY_TIMEOUT: Duration = "s3.retry.timeout" default "1 min",
        "How long a request that fails for reasons of the server or the network is tried again.";
}
