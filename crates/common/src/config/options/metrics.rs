//! Which reporters run. The settings of a reporter are under `metrics.reporter.<name>.`.

options! {
    METRICS_REPORTERS: Option<String> = "metrics.reporters",
        "Names of the reporters to run, with ',' between them; all that are configured when absent.";
}
