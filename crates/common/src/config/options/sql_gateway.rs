//! The SQL gateway: `sql-gateway.*`.

use std::time::Duration;

use crate::config::PortRange;

options! {
    SQL_GATEWAY_ENDPOINT_TYPE: String = "sql-gateway.endpoint.type" default "[rest]",
        "Endpoints of the SQL gateway: 'rest'; with 'none' a JobManager has no gateway.";
    SQL_GATEWAY_REST_ADDRESS: Option<String> = "sql-gateway.endpoint.rest.address",
        "Host at which clients reach the SQL gateway.";
    SQL_GATEWAY_REST_PORT: u16 = "sql-gateway.endpoint.rest.port" default "8083",
        "Port at which clients reach the SQL gateway.";
    SQL_GATEWAY_REST_BIND_ADDRESS: Option<String> = "sql-gateway.endpoint.rest.bind-address",
        "Local address that the SQL gateway binds to.";
    SQL_GATEWAY_REST_BIND_PORT: PortRange = "sql-gateway.endpoint.rest.bind-port" default "8083" older ["sql-gateway.endpoint.rest.port"],
        "Port or range of ports that the SQL gateway binds to; the first free one is taken.";
    SQL_GATEWAY_SESSION_IDLE_TIMEOUT: Duration = "sql-gateway.session.idle-timeout" default "PT10M",
        "A session that nobody has used for so long is closed; 0 never.";
    SQL_GATEWAY_SESSION_CHECK_INTERVAL: Duration = "sql-gateway.session.check-interval" default "PT1M",
        "How often idle sessions are looked for; 0 never.";
    SQL_GATEWAY_SESSION_MAX_NUM: i32 = "sql-gateway.session.max-num" default "1000000",
        "How many sessions may be open.";
}
