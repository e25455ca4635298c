//! Statements of one set that read the same table read it once: their scans get the union of their columns, so that they are equal.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalog::ObjectPath;
use crate::logical::{LogicalPlan, identity, substitute};
use crate::settings::Settings;

use super::merge_projects::merge_projects;

/// A table with the options it is read with.
type ScanKey = (ObjectPath, BTreeMap<String, String>);

/// Widens scans of a table that occur more than once to the same columns.
pub(crate) fn share_scans(plans: &mut [LogicalPlan], settings: &Settings) {
    if !settings.reuse_sub_plan || !settings.reuse_source {
        return;
    }
    let mut columns: BTreeMap<ScanKey, (usize, BTreeSet<usize>)> = BTreeMap::new();
    for plan in plans.iter() {
        collect(plan, &mut columns);
    }
    for plan in plans {
        widen(plan, &columns);
        *plan = merge_projects(plan.take());
    }
}

fn collect(plan: &LogicalPlan, columns: &mut BTreeMap<ScanKey, (usize, BTreeSet<usize>)>) {
    if let LogicalPlan::Scan(scan) = plan {
        let entry = columns.entry((scan.path.clone(), scan.options.clone())).or_default();
        entry.0 += 1;
        entry.1.extend(&scan.columns);
    }
    for input in plan.inputs() {
        collect(input, columns);
    }
}

fn widen(plan: &mut LogicalPlan, columns: &BTreeMap<ScanKey, (usize, BTreeSet<usize>)>) {
    for input in plan.inputs_mut() {
        widen(input, columns);
    }
    if let LogicalPlan::Filter(_) = plan {
        return filter_first(plan);
    }
    let LogicalPlan::Scan(scan) = plan else {
        return;
    };
    let Some((count, all)) = columns.get(&(scan.path.clone(), scan.options.clone())) else {
        return;
    };
    let all: Vec<usize> = all.iter().copied().collect();
    if *count < 2 || scan.columns == all {
        return;
    }
    let narrow = scan.output.clone();
    let places: Vec<usize> = scan
        .columns
        .iter()
        .map(|column| all.iter().position(|known| known == column).expect("the union holds every column"))
        .collect();
    scan.output = scan.table.row_type().project(&all);
    scan.columns = all;
    let wide = identity(&scan.output);
    let exprs = places.into_iter().map(|place| wide[place].clone()).collect();
    let scan = plan.take();
    *plan = scan.project(exprs, narrow);
}

/// A filter over the columns taken from a widened scan goes below them, so that one operator does both.
fn filter_first(plan: &mut LogicalPlan) {
    let LogicalPlan::Filter(filter) = plan else { return };
    let LogicalPlan::Project(project) = filter.input.as_mut() else { return };
    if !matches!(*project.input, LogicalPlan::Scan(_)) {
        return;
    }
    let condition = substitute(&filter.condition, &project.exprs);
    let scan = project.input.take();
    *plan = scan.filter(condition).project(std::mem::take(&mut project.exprs), std::mem::take(&mut project.output));
}
