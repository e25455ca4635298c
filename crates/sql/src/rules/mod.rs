//! Rewrites of the logical plan, one a file, in stated phases.
//!
//! 1. constants are folded; 2. predicates go down, projections meet, what has no rows is not read; 3. streaming shapes are recognised (Top-N, window function + aggregate);
//! 4. time attributes that cannot survive become ordinary columns, windows are checked; 5. the keys of joins are computed below them, the sets of GROUPING SETS
//!    become one node; 6. columns nobody reads go, down to the sources; 7. DISTINCT is split, where that is wanted.

mod attached_windows;
mod expand_sets;
mod fold_constants;
mod join_keys;
mod materialize_time;
mod merge_projects;
mod prune_columns;
mod prune_empty;
mod push_predicates;
mod recognize_rank;
mod recognize_windows;
mod share_scans;
mod split_distinct;
mod unwrap_casts;

pub(crate) use join_keys::join_keys;
pub(crate) use share_scans::share_scans;

use crate::error::SqlError;
use crate::logical::LogicalPlan;
use crate::settings::Settings;

/// The optimised plan.
pub(crate) fn optimize(plan: LogicalPlan, settings: &Settings) -> Result<LogicalPlan, SqlError> {
    let context = &settings.context;
    let mut plan = merge_projects::merge_projects(plan);
    fold_constants::fold_constants(&mut plan, context)?;
    unwrap_casts::unwrap_casts(&mut plan);
    let plan = push_predicates::push_predicates(plan);
    let plan = merge_projects::merge_projects(plan);
    let plan = prune_empty::prune_empty(plan);
    let plan = recognize_rank::recognize_rank(plan)?;
    let plan = recognize_windows::recognize_windows(plan)?;
    let plan = push_predicates::push_predicates(plan);
    // Whether a join keeps time attributes shows when its condition is complete and the windows below it are known.
    let plan = materialize_time::materialize_time(plan)?;
    let plan = merge_projects::merge_projects(plan);
    let plan = join_keys(plan);
    let plan = expand_sets::expand_sets(plan);
    let plan = prune_columns::prune_columns(plan);
    let plan = match settings.distinct_buckets {
        Some(buckets) => split_distinct::split_distinct(plan, buckets),
        None => plan,
    };
    let mut plan = merge_projects::merge_projects(plan);
    fold_constants::fold_constants(&mut plan, context)?;
    Ok(plan)
}
