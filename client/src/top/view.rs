//! How `flinkrs top` looks: the cluster, its jobs, the tasks of one, its checkpoints.

use chrono::{Local, TimeZone};
use jobmanager::rest::messages::{CheckpointInfo, CheckpointStatus, JobVertexDetails};
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Paragraph, Row, Table, TableState};

use super::state::TopState;

/// From which share of its time on a task is called back-pressured, as Flink does.
const BACK_PRESSURED: f64 = 0.1;
/// Characters of a bar.
const BAR: usize = 12;

/// Draws all of it.
pub fn draw(frame: &mut Frame<'_>, state: &TopState) {
    let jobs = u16::try_from(state.jobs.len().clamp(1, 8)).unwrap_or(8) + 3;
    let [head, list, tasks, checkpoints, foot] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Length(jobs),
        Constraint::Min(5),
        Constraint::Length(8),
        Constraint::Length(1),
    ])
    .areas(frame.area());
    frame.render_widget(Paragraph::new(cluster_line(state)), head);
    draw_jobs(frame, state, list);
    draw_tasks(frame, state, tasks);
    draw_checkpoints(frame, state, checkpoints);
    let keys = Line::from("↑ ↓ choose a job   q quit").style(Style::new().add_modifier(Modifier::DIM));
    let foot_line = state.trouble.as_ref().map_or(keys, |text| Line::from(text.as_str()).style(Color::Red));
    frame.render_widget(Paragraph::new(foot_line), foot);
}

fn cluster_line(state: &TopState) -> Line<'static> {
    let Some(cluster) = &state.overview else { return Line::from("flinkrs: waiting for the JobManager") };
    let used = cluster.slots_total.saturating_sub(cluster.slots_available);
    Line::from(format!(
        "flinkrs {}   TaskManagers {}   slots {used} of {}   jobs: {} running, {} finished, {} cancelled, {} failed",
        cluster.flink_version,
        cluster.taskmanagers,
        cluster.slots_total,
        cluster.jobs_running,
        cluster.jobs_finished,
        cluster.jobs_cancelled,
        cluster.jobs_failed,
    ))
    .style(Modifier::BOLD)
}

fn draw_jobs(frame: &mut Frame<'_>, state: &TopState, area: Rect) {
    let rows = state.jobs.iter().map(|job| {
        let tasks = format!("{} of {}", job.tasks.running, job.tasks.total);
        Row::new([job.name.clone(), job.state.to_string(), duration(job.duration), tasks, job.jid.to_string()])
    });
    let widths = [
        Constraint::Min(20),
        Constraint::Length(12),
        Constraint::Length(12),
        Constraint::Length(10),
        Constraint::Length(32),
    ];
    let table = Table::new(rows, widths)
        .header(header(["Job", "State", "Duration", "Tasks", "Id"]))
        .row_highlight_style(Modifier::REVERSED)
        .block(Block::bordered().title("Jobs"));
    frame.render_stateful_widget(table, area, &mut TableState::new().with_selected(state.index()));
}

fn draw_tasks(frame: &mut Frame<'_>, state: &TopState, area: Rect) {
    let vertices = state.details.as_ref().map_or(&[][..], |job| job.vertices.as_slice());
    let rows = vertices.iter().map(|vertex| task_row(state, vertex));
    let widths = [
        Constraint::Min(24),
        Constraint::Length(12),
        Constraint::Length(4),
        Constraint::Length(BAR as u16 + 2),
        Constraint::Length(6),
        Constraint::Length(8),
        Constraint::Length(9),
        Constraint::Length(9),
    ];
    let table = Table::new(rows, widths)
        .header(header(["Task", "State", "Par", "Time spent", "Busy", "Pressed", "In/s", "Out/s"]))
        .block(Block::bordered().title("Tasks: # busy, = back-pressured"));
    frame.render_widget(table, area);
}

fn task_row(state: &TopState, vertex: &JobVertexDetails) -> Row<'static> {
    let mut cells = vec![
        Line::from(vertex.name.clone()),
        Line::from(vertex.status.to_string()),
        Line::from(vertex.parallelism.to_string()),
    ];
    let rate = state.rates.of(vertex.id);
    if let Some(rate) = rate {
        cells.push(bar(rate.busy, rate.back_pressured));
        cells.push(Line::from(percent(rate.busy)));
        cells.push(Line::from(percent(rate.back_pressured)));
        cells.push(Line::from(compact(rate.read)));
        cells.push(Line::from(compact(rate.written)));
    }
    let row = Row::new(cells);
    if rate.is_some_and(|rate| rate.back_pressured > BACK_PRESSURED) { row.style(Color::Yellow) } else { row }
}

fn draw_checkpoints(frame: &mut Frame<'_>, state: &TopState, area: Rect) {
    let (title, history) = match &state.checkpoints {
        Some(all) => {
            let counts = all.counts;
            let text = format!(
                "Checkpoints: {} completed, {} in progress, {} failed",
                counts.completed, counts.in_progress, counts.failed
            );
            (text, all.history.as_slice())
        }
        None => ("Checkpoints".to_owned(), &[][..]),
    };
    let rows = history.iter().take(usize::from(area.height.saturating_sub(3))).map(checkpoint_row);
    let widths = [
        Constraint::Length(7),
        Constraint::Length(12),
        Constraint::Length(10),
        Constraint::Length(10),
        Constraint::Length(10),
        Constraint::Length(10),
        Constraint::Length(14),
        Constraint::Min(10),
    ];
    let table = Table::new(rows, widths)
        .header(header(["No.", "State", "Begun", "Duration", "Stored", "State size", "Acknowledged", "Failure"]))
        .block(Block::bordered().title(title));
    frame.render_widget(table, area);
}

fn checkpoint_row(one: &CheckpointInfo) -> Row<'static> {
    let totals = &one.totals;
    let begun = Local.timestamp_millis_opt(one.trigger_timestamp).single();
    let state = match one.status {
        CheckpointStatus::InProgress => "in progress",
        CheckpointStatus::Completed => "completed",
        CheckpointStatus::Failed => "failed",
    };
    let row = Row::new([
        one.id.to_string(),
        state.to_owned(),
        begun.map_or_else(String::new, |time| time.format("%H:%M:%S").to_string()),
        duration(totals.end_to_end_duration),
        bytes(totals.checkpointed_size),
        bytes(totals.state_size),
        format!("{} of {}", totals.num_acknowledged_subtasks, totals.num_subtasks),
        one.failure_message.clone().unwrap_or_default(),
    ]);
    if one.status == CheckpointStatus::Failed { row.style(Color::Red) } else { row }
}

fn header<const N: usize>(names: [&'static str; N]) -> Row<'static> {
    Row::new(names).style(Style::new().add_modifier(Modifier::BOLD))
}

/// Busy and back-pressured time in a line of characters, which also those who see no colours can read.
fn bar(busy: f64, pressed: f64) -> Line<'static> {
    let characters = |share: f64| (share * BAR as f64).round() as usize;
    let busy = characters(busy).min(BAR);
    let pressed = characters(pressed).min(BAR - busy);
    Line::from(vec![
        Span::styled("#".repeat(busy), Color::Red),
        Span::styled("=".repeat(pressed), Color::Yellow),
        Span::styled("·".repeat(BAR - busy - pressed), Color::Blue),
    ])
}

fn percent(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}

fn compact(value: f64) -> String {
    match value {
        value if value >= 1e6 => format!("{:.1}M", value / 1e6),
        value if value >= 1e3 => format!("{:.1}K", value / 1e3),
        value => format!("{value:.0}"),
    }
}

fn bytes(value: u64) -> String {
    const UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];
    let mut left = value as f64;
    let mut unit = 0;
    while left >= 1024.0 && unit + 1 < UNITS.len() {
        left /= 1024.0;
        unit += 1;
    }
    if unit == 0 { format!("{value} B") } else { format!("{left:.1} {}", UNITS[unit]) }
}

fn duration(millis: i64) -> String {
    match millis {
        millis if millis < 0 => String::new(),
        millis if millis < 1000 => format!("{millis} ms"),
        millis if millis < 60_000 => format!("{:.1} s", millis as f64 / 1000.0),
        millis if millis < 3_600_000 => format!("{} min {} s", millis / 60_000, millis / 1000 % 60),
        millis => format!("{} h {} min", millis / 3_600_000, millis / 60_000 % 60),
    }
}

#[cfg(test)]
mod tests {
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;
    use serde_json::json;

    use super::*;

    fn answer<T: serde::de::DeserializeOwned>(name: &str) -> T {
        let path = format!("{}/../compat-tests/fixtures/rest/{name}.json", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(path).expect("the answer is recorded");
        let mut recorded: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        serde_json::from_value(recorded["body"].take()).expect("the answer can be read")
    }

    fn drawn(state: &TopState) -> String {
        let mut terminal = Terminal::new(TestBackend::new(140, 30)).expect("a screen");
        terminal.draw(|frame| draw(frame, state)).expect("it draws");
        let buffer = terminal.backend().buffer();
        let line = |y| (0..buffer.area.width).map(|x| buffer[(x, y)].symbol()).collect::<String>();
        (0..buffer.area.height).map(line).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn all_that_is_known_is_on_the_screen() {
        let mut state = TopState { overview: Some(answer("overview")), ..TopState::default() };
        let jobs: jobmanager::rest::messages::JobsOverview = answer("jobs_overview");
        state.jobs = jobs.jobs;
        state.chosen = state.jobs.first().map(|job| job.jid);
        state.details = Some(answer("job"));
        state.checkpoints = Some(answer("job_checkpoints"));
        let screen = drawn(&state);
        for text in ["slots 1 of 2", "RUNNING", "Checkpoints: 6 completed, 0 in progress, 1 failed", "Source: "] {
            assert!(screen.contains(text), "{text} is not in\n{screen}");
        }
    }

    #[test]
    fn trouble_is_said_and_what_was_known_stays() {
        let overview = serde_json::from_value(json!({
            "taskmanagers": 1, "slots-total": 4, "slots-available": 1, "jobs-running": 0, "jobs-finished": 0,
            "jobs-cancelled": 0, "jobs-failed": 0, "flink-version": "2.3.0", "flink-commit": "x"
        }));
        let state = TopState {
            overview: Some(overview.expect("an overview")),
            trouble: Some("no JobManager answers".to_owned()),
            ..TopState::default()
        };
        let screen = drawn(&state);
        assert!(screen.contains("slots 3 of 4") && screen.contains("no JobManager answers"), "{screen}");
    }

    #[test]
    fn a_bar_is_never_longer_than_its_place() {
        assert_eq!(bar(0.5, 0.25).to_string(), "######===···");
        assert_eq!(bar(1.0, 1.0).to_string().chars().count(), BAR);
    }
}
