//! CREATE TABLE ... LIKE: what is taken of the other table, and how it meets what the statement declares itself.

use super::Session;
use crate::ast::{
    ColumnDef, ColumnKind, ConstraintKind, CreateTable, LikeFeature, MergingStrategy, TableLike, TableLikeOption,
};
use crate::bind::{SessionFacts, bind_create_table, drop_columns, forget_rowtime};
use crate::catalog::{CatalogEntry, CatalogTable, ColumnSource};
use crate::error::SqlError;

use MergingStrategy::{Excluding, Including, Overwriting};

impl Session {
    /// The table that the statement declares over the one it is like.
    pub(super) fn table_like(
        &self,
        create: &CreateTable,
        like: &TableLike,
        text: &str,
    ) -> Result<CatalogTable, SqlError> {
        check_options(like)?;
        let path = self.path(&like.table)?;
        let Some(CatalogEntry::Table(source)) = self.catalog.entry(&path) else {
            let message = format!("Source table '{}' of the LIKE clause not found in the catalog", path.quoted());
            return Err(SqlError::validation(message, like.table.span));
        };
        let mut base = taken(source, like);
        check_constraints(&base, create)?;
        check_options_of(&base, create, like)?;
        // A column that takes another's place goes where that one was.
        let mut order: Vec<String> = base.columns.iter().map(|column| column.name.clone()).collect();
        let replaced = replaced_columns(&base, create, like)?;
        let kept: Vec<usize> =
            (0..base.columns.len()).filter(|&index| !replaced.contains(&base.columns[index].name)).collect();
        drop_columns(&mut base, &kept);
        let mut table = bind_create_table(create, Some(base), &SessionFacts::of(&self.catalog), text)?;
        let added = table.columns.iter().map(|column| column.name.clone()).filter(|name| !order.contains(name));
        order.extend(added.collect::<Vec<_>>());
        let places: Vec<usize> = order.iter().filter_map(|name| table.index_of(name)).collect();
        drop_columns(&mut table, &places);
        Ok(table)
    }
}

/// How a feature is taken: as said, else as said of ALL, else as Flink does.
fn strategy(like: &TableLike, feature: LikeFeature) -> MergingStrategy {
    let said = |feature: LikeFeature| like.options.iter().find(|option| option.feature == feature);
    match said(feature).or_else(|| said(LikeFeature::All)) {
        Some(option) => option.merging,
        None if feature == LikeFeature::Options => Overwriting,
        None => Including,
    }
}

fn check_options(like: &TableLike) -> Result<(), SqlError> {
    for (index, TableLikeOption { merging, feature }) in like.options.iter().enumerate() {
        if like.options[..index].iter().any(|other| other.feature == *feature) {
            return Err(SqlError::validation("Each like option feature can be declared only once.", like.span));
        }
        let word = match feature {
            LikeFeature::All => "ALL",
            LikeFeature::Constraints => "CONSTRAINTS",
            LikeFeature::Distribution => "DISTRIBUTION",
            LikeFeature::Partitions => "PARTITIONS",
            _ => continue,
        };
        if *merging == Overwriting {
            let message = format!("Illegal merging strategy 'OVERWRITING' for '{word}' option.");
            return Err(SqlError::validation(message, like.span).with_hint("there are INCLUDING and EXCLUDING"));
        }
    }
    Ok(())
}

/// What is taken. Physical columns always are; so are partitions and distribution where the new table has none of its own, as in Flink.
fn taken(source: &CatalogTable, like: &TableLike) -> CatalogTable {
    let takes = |feature| strategy(like, feature) != Excluding;
    let keeps = |source: &ColumnSource| match source {
        ColumnSource::Physical => true,
        ColumnSource::Metadata { .. } => takes(LikeFeature::Metadata),
        ColumnSource::Computed { .. } => takes(LikeFeature::Generated),
    };
    let mut table = source.clone();
    let kept: Vec<usize> = (0..table.columns.len()).filter(|&index| keeps(&table.columns[index].source)).collect();
    table.watermark = table.watermark.filter(|_| takes(LikeFeature::Watermarks));
    drop_columns(&mut table, &kept);
    if table.watermark.is_none() {
        table.columns.iter_mut().for_each(forget_rowtime);
    }
    table.primary_key = table.primary_key.filter(|_| takes(LikeFeature::Constraints));
    if !takes(LikeFeature::Options) {
        table.options.clear();
    }
    table.comment = None;
    table
}

/// Refuses a watermark, key, partitioning or distribution beside one that is taken.
fn check_constraints(base: &CatalogTable, create: &CreateTable) -> Result<(), SqlError> {
    let like = create.like.as_ref().expect("called for LIKE");
    if let (Some(watermark), Some(known)) = (&create.schema.watermark, &base.watermark)
        && strategy(like, LikeFeature::Watermarks) == Including
    {
        let column = &base.columns[known.rowtime].name;
        let message = format!(
            "There already exists a watermark spec for column '{column}' in the base table. You might want to specify EXCLUDING WATERMARKS or OVERWRITING WATERMARKS."
        );
        return Err(SqlError::validation(message, watermark.span));
    }
    let constraints = create.schema.all_constraints();
    let key = constraints.iter().find(|constraint| constraint.kind == ConstraintKind::PrimaryKey);
    if let (Some(key), Some(_)) = (key, &base.primary_key) {
        let message = "The base table already has a primary key. You might want to specify EXCLUDING CONSTRAINTS.";
        return Err(SqlError::validation(message, key.span));
    }
    check_key_columns(base, create)?;
    let refuse = |what: &str, word: &str| {
        let message = format!("The base table already has {what} defined. You might want to specify EXCLUDING {word}.");
        Err(SqlError::validation(message, create.name.span))
    };
    let includes = |feature| strategy(like, feature) != Excluding;
    if !create.partitioned_by.is_empty() && !base.partition_keys.is_empty() && includes(LikeFeature::Partitions) {
        return refuse("partitions", "PARTITIONS");
    }
    if create.distribution.is_some() && base.distribution.is_some() && includes(LikeFeature::Distribution) {
        return refuse("a distribution", "DISTRIBUTION");
    }
    Ok(())
}

/// A primary key over columns that come from elsewhere does not make them NOT NULL.
pub(super) fn check_key_columns(base: &CatalogTable, create: &CreateTable) -> Result<(), SqlError> {
    for key in create.schema.all_constraints() {
        for column in &key.columns {
            if base.index_of(&column.value).is_some_and(|index| base.columns[index].ty.nullable) {
                let names: Vec<&str> = key.columns.iter().map(|column| column.value.as_str()).collect();
                let name = key.name.as_ref().map_or_else(|| format!("PK_{}", names.join("_")), |n| n.value.clone());
                let message = format!("Invalid primary key '{name}'. Column '{}' is nullable.", column.value);
                return Err(SqlError::validation(message, column.span));
            }
        }
    }
    Ok(())
}

fn check_options_of(base: &CatalogTable, create: &CreateTable, like: &TableLike) -> Result<(), SqlError> {
    if strategy(like, LikeFeature::Options) != Including {
        return Ok(());
    }
    for option in &create.options {
        if let Some(known) = base.options.get(&option.key.value) {
            let message = format!(
                "There already exists an option ['{}' -> '{known}']  in the base table. You might want to specify EXCLUDING OPTIONS or OVERWRITING OPTIONS.",
                option.key.value
            );
            return Err(SqlError::validation(message, option.key.span));
        }
    }
    Ok(())
}

/// The columns of the base whose place the statement's take.
fn replaced_columns(base: &CatalogTable, create: &CreateTable, like: &TableLike) -> Result<Vec<String>, SqlError> {
    let mut replaced = Vec::new();
    for def in &create.schema.columns {
        let Some(index) = base.index_of(&def.name.value) else { continue };
        let (word, feature) = match (&def.kind, &base.columns[index].source) {
            (ColumnKind::Computed(_), ColumnSource::Computed { .. }) => ("generated", LikeFeature::Generated),
            (ColumnKind::Metadata { .. }, ColumnSource::Metadata { .. }) => ("metadata", LikeFeature::Metadata),
            _ => return Err(exists(def)),
        };
        if strategy(like, feature) != Overwriting {
            let features = if feature == LikeFeature::Generated { "GENERATED" } else { "METADATA" };
            let message = format!(
                "A {word} column named '{}' already exists in the base table. You might want to specify EXCLUDING {features} or OVERWRITING {features}.",
                def.name.value
            );
            return Err(SqlError::validation(message, def.name.span));
        }
        replaced.push(def.name.value.clone());
    }
    Ok(replaced)
}

fn exists(def: &ColumnDef) -> SqlError {
    let name = &def.name.value;
    let message = match def.kind {
        ColumnKind::Computed(_) => format!(
            "A column named '{name}' already exists in the table. Duplicate columns exist in the compute column and regular column. "
        ),
        _ => format!("A column named '{name}' already exists in the base table."),
    };
    SqlError::validation(message, def.name.span)
}
