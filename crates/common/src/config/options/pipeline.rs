//! A job's name, parallelism and watermarks.

use std::time::Duration;

use indexmap::IndexMap;

options! {
    PARALLELISM_DEFAULT: u32 = "parallelism.default" default "1",
        "Parallelism of jobs that do not say.";
    PIPELINE_NAME: Option<String> = "pipeline.name",
        "Name of the job.";
    PIPELINE_MAX_PARALLELISM: i32 = "pipeline.max-parallelism" default "-1",
        "Number of key groups, the limit to which a job can be rescaled; -1 derives it from the parallelism.";
    PIPELINE_AUTO_WATERMARK_INTERVAL: Duration = "pipeline.auto-watermark-interval" default "PT0.2S",
        "Time between periodic watermarks.";
    PIPELINE_SOURCE_MAX_ROWS_PER_SECOND: u32 = "pipeline.source.max-rows-per-second" default "0",
        "Most rows that each subtask of a source reads in a second, so that a backlog does not take all there is; 0 as many as there are. flinkrs' own.";
    PIPELINE_WATERMARK_ALIGNMENT_BUFFER_SIZE: u32 = "pipeline.watermark-alignment.buffer-size" default "3",
        "By how many update intervals the watermarks are old by which sources that align wait, so that they do not wait for news that are on their way; 0 the current ones.";
    PIPELINE_OPERATOR_CHAINING_ENABLED: bool = "pipeline.operator-chaining.enabled" default "true" older ["pipeline.operator-chaining"],
        "Whether operators that can are run in one task.";
    PIPELINE_GLOBAL_JOB_PARAMETERS: Option<IndexMap<String, String>> = "pipeline.global-job-parameters",
        "Keys and values that are shown with the job.";
}
