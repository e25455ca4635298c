//! Flink's folders: where the files of each checkpoint and savepoint go.

use dataflow::JobId;
use dataflow::checkpoint::CheckpointLocation;

use crate::StorageError;
use crate::location::Location;

/// The file whose existence makes a folder a checkpoint.
pub const METADATA_FILE: &str = "_metadata";

/// The folder of a job in which shared files are.
pub(crate) const SHARED_FOLDER: &str = "shared";

/// The folder of all checkpoints of a job, below `execution.checkpointing.dir`.
pub fn job_folder(dir: &str, job_id: JobId) -> Result<String, StorageError> {
    Ok(Location::parse(dir)?.child(&job_id.to_string()).to_string())
}

/// The folders of checkpoint `checkpoint_id` of a job, below `execution.checkpointing.dir`.
pub fn checkpoint_location(dir: &str, job_id: JobId, checkpoint_id: u64) -> Result<CheckpointLocation, StorageError> {
    let job = Location::parse(&job_folder(dir, job_id)?)?;
    Ok(CheckpointLocation {
        exclusive: job.child(&format!("chk-{checkpoint_id}")).to_string(),
        shared: Some(job.child(SHARED_FOLDER).to_string()),
    })
}

/// A new folder for a savepoint of a job. `random` makes it unique: 48 bits of it are used.
pub fn savepoint_location(dir: &str, job_id: JobId, random: u64) -> Result<CheckpointLocation, StorageError> {
    let name = format!("savepoint-{}-{:012x}", &job_id.to_string()[..6], random & 0xffff_ffff_ffff);
    Ok(CheckpointLocation { exclusive: Location::parse(dir)?.child(&name).to_string(), shared: None })
}

/// What people are shown, and give back to restore from it: a URL, as Flink writes it.
pub fn external_path(location: &CheckpointLocation) -> String {
    if location.exclusive.starts_with('/') {
        format!("file:{}", location.exclusive)
    } else {
        location.exclusive.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_flinks() {
        let job = JobId(0xabcdef12 << 96);
        let checkpoint = checkpoint_location("file:///c/", job, 7).unwrap();
        assert_eq!(checkpoint.exclusive, "/c/abcdef12000000000000000000000000/chk-7");
        assert_eq!(checkpoint.shared.as_deref(), Some("/c/abcdef12000000000000000000000000/shared"));
        assert_eq!(external_path(&checkpoint), "file:/c/abcdef12000000000000000000000000/chk-7");
        let savepoint = savepoint_location("s3://bucket/s", job, u64::MAX).unwrap();
        assert_eq!(savepoint.exclusive, "s3://bucket/s/savepoint-abcdef-ffffffffffff");
        assert_eq!((savepoint.shared.clone(), external_path(&savepoint)), (None, savepoint.exclusive));
        assert!(checkpoint_location("relative", job, 1).is_err());
    }
}
