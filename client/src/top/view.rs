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

/// Draws all of it; of a small terminal as much as there is room for.
pub fn draw(frame: &mut Frame<'_>, state: &TopState) {
    let height = frame.area().height;
    let jobs = u16::try_from(state.jobs.len().clamp(1, 8)).unwrap_or(8).min((height / 4).max(1)) + 3;
    let [head, list, tasks, checkpoints, foot] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Length(jobs),
        Constraint::Min(5),
        Constraint::Length(if height < 22 { 0 } else { 8 }),
        Constraint::Length(1),
    ])
    .areas(frame.area());
    frame.render_widget(Paragraph::new(cluster_line(state)), head);
    draw_jobs(frame, state, list);
    draw_tasks(frame, state, tasks);
    draw_checkpoints(frame, state, checkpoints);
    let keys =
        Line::from("↑ ↓ choose a job   PgUp PgDn its tasks   q quit").style(Style::new().add_modifier(Modifier::DIM));
    let trouble = |text: &String| Line::from(format!("{text} (what is shown is from before)")).style(Color::Red);
    frame.render_widget(Paragraph::new(state.trouble.as_ref().map_or(keys, trouble)), foot);
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

/// A column, and how wide its table has to be for it to be shown.
struct Column {
    name: &'static str,
    width: Constraint,
    from: u16,
}

const fn column(name: &'static str, width: Constraint, from: u16) -> Column {
    Column { name, width, from }
}

/// The table of those columns that there is room for; each row has a cell for every column.
fn table<'a>(
    columns: &[Column],
    rows: impl Iterator<Item = (Vec<Line<'a>>, Style)>,
    title: String,
    area: Rect,
) -> Table<'a> {
    let shown: Vec<&Column> = columns.iter().filter(|column| column.from <= area.width).collect();
    let row = |(cells, style): (Vec<Line<'a>>, Style)| {
        let cells = cells.into_iter().zip(columns).filter(|(_, column)| column.from <= area.width);
        Row::new(cells.map(|(cell, _)| cell)).style(style)
    };
    Table::new(rows.map(row), shown.iter().map(|column| column.width))
        .header(Row::new(shown.iter().map(|column| column.name)).style(Style::new().add_modifier(Modifier::BOLD)))
        .block(Block::bordered().title(title))
}

const JOBS: [Column; 5] = [
    column("Job", Constraint::Min(20), 0),
    column("State", Constraint::Length(12), 0),
    column("Duration", Constraint::Length(12), 60),
    column("Tasks", Constraint::Length(10), 72),
    column("Id", Constraint::Length(32), 110),
];

fn draw_jobs(frame: &mut Frame<'_>, state: &TopState, area: Rect) {
    let rows = state.jobs.iter().map(|job| {
        let tasks = format!("{} of {}", job.tasks.running, job.tasks.total);
        let cells = [job.name.clone(), job.state.to_string(), duration(job.duration), tasks, job.jid.to_string()];
        (cells.map(Line::from).to_vec(), Style::new())
    });
    let table = table(&JOBS, rows, "Jobs".to_owned(), area).row_highlight_style(Modifier::REVERSED);
    frame.render_stateful_widget(table, area, &mut TableState::new().with_selected(state.index()));
}

const TASKS: [Column; 8] = [
    column("Task", Constraint::Min(24), 0),
    column("State", Constraint::Length(12), 110),
    column("Par", Constraint::Length(4), 100),
    column("Time spent", Constraint::Length(BAR as u16 + 2), 90),
    column("Busy", Constraint::Length(6), 0),
    column("Pressed", Constraint::Length(8), 0),
    column("In/s", Constraint::Length(9), 70),
    column("Out/s", Constraint::Length(9), 60),
];

fn draw_tasks(frame: &mut Frame<'_>, state: &TopState, area: Rect) {
    let vertices = state.details.as_ref().map_or(&[][..], |job| job.vertices.as_slice());
    let above = match state.skipped {
        0 => String::new(),
        skipped => format!("; {skipped} of {} are above", vertices.len()),
    };
    let rows = vertices.iter().skip(state.skipped).map(|vertex| task_row(state, vertex));
    let title = format!("Tasks: # busy, = back-pressured{above}");
    frame.render_widget(table(&TASKS, rows, title, area), area);
}

fn task_row(state: &TopState, vertex: &JobVertexDetails) -> (Vec<Line<'static>>, Style) {
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
    let pressed = rate.is_some_and(|rate| rate.back_pressured > BACK_PRESSURED);
    (cells, if pressed { Style::from(Color::Yellow) } else { Style::new() })
}

const CHECKPOINTS: [Column; 8] = [
    column("No.", Constraint::Length(7), 0),
    column("State", Constraint::Length(12), 0),
    column("Begun", Constraint::Length(10), 70),
    column("Duration", Constraint::Length(10), 0),
    column("Stored", Constraint::Length(10), 0),
    column("State size", Constraint::Length(10), 100),
    column("Acknowledged", Constraint::Length(14), 80),
    column("Failure", Constraint::Min(10), 90),
];

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
    frame.render_widget(table(&CHECKPOINTS, rows, title, area), area);
}

fn checkpoint_row(one: &CheckpointInfo) -> (Vec<Line<'static>>, Style) {
    let totals = &one.totals;
    let begun = Local.timestamp_millis_opt(one.trigger_timestamp).single();
    let state = match one.status {
        CheckpointStatus::InProgress => "in progress",
        CheckpointStatus::Completed => "completed",
        CheckpointStatus::Failed => "failed",
    };
    let cells = [
        one.id.to_string(),
        state.to_owned(),
        begun.map_or_else(String::new, |time| time.format("%H:%M:%S").to_string()),
        duration(totals.end_to_end_duration),
        bytes(totals.checkpointed_size),
        bytes(totals.state_size),
        format!("{} of {}", totals.num_acknowledged_subtasks, totals.num_subtasks),
        one.failure_message.clone().unwrap_or_default(),
    ];
    let style = if one.status == CheckpointStatus::Failed { Style::from(Color::Red) } else { Style::new() };
    (cells.map(Line::from).to_vec(), style)
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
    use anyhow::anyhow;
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;

    use super::*;
    use crate::top::state::tests::recorded;

    fn lines(terminal: &Terminal<TestBackend>) -> String {
        let buffer = terminal.backend().buffer();
        let line = |y| (0..buffer.area.width).map(|x| buffer[(x, y)].symbol()).collect::<String>();
        (0..buffer.area.height).map(line).collect::<Vec<_>>().join("\n")
    }

    fn drawn(state: &TopState, width: u16, height: u16) -> String {
        let mut terminal = Terminal::new(TestBackend::new(width, height)).expect("a screen");
        terminal.draw(|frame| draw(frame, state)).expect("it draws");
        lines(&terminal)
    }

    fn shown(jobs: usize) -> TopState {
        let mut state = TopState::default();
        state.take(Ok(recorded(jobs)));
        state
    }

    #[test]
    fn all_that_is_known_is_on_the_screen() {
        let screen = drawn(&shown(1), 140, 30);
        for text in [
            "slots 1 of 2",
            "RUNNING",
            "Checkpoints: 6 completed, 0 in progress, 1 failed",
            "Source: ",
            "f7e699ac397305d4864b26c2fda9a5d8",
        ] {
            assert!(screen.contains(text), "{text} is not in\n{screen}");
        }
    }

    #[test]
    fn a_terminal_may_be_as_small_as_it_likes() {
        let state = shown(30);
        let usual = drawn(&state, 80, 24);
        for text in ["Busy", "Pressed", "In/s", "Out/s", "Source: ", "RUNNING", "Checkpoints: 6", "completed"] {
            assert!(usual.contains(text), "{text} is not in\n{usual}");
        }
        assert!(!usual.contains("Acknowled") || usual.contains("Acknowledged"), "no column is cut:\n{usual}");
        let small = drawn(&state, 50, 14);
        assert!(small.contains("Source: ") && small.contains("Busy") && !small.contains("Checkpoints"), "{small}");
        for (width, height) in [(1, 1), (10, 3), (20, 8), (300, 5), (5, 100)] {
            drawn(&state, width, height);
        }
    }

    #[test]
    fn what_is_drawn_follows_the_size_and_the_keys() {
        let mut state = shown(30);
        let mut terminal = Terminal::new(TestBackend::new(140, 40)).expect("a screen");
        terminal.draw(|frame| draw(frame, &state)).expect("it draws");
        assert!(lines(&terminal).contains("Acknowledged"));
        terminal.backend_mut().resize(60, 20);
        terminal.draw(|frame| draw(frame, &state)).expect("it draws");
        let small = lines(&terminal);
        assert!(small.lines().count() == 20 && small.contains("q quit") && !small.contains("Acknowledged"), "{small}");
        state.go(29);
        let last = drawn(&state, 140, 30);
        assert!(last.contains(&format!("{} ", state.jobs[29].name)), "the chosen job is in sight:\n{last}");
        let mut state = shown(1);
        state.scroll(1);
        let scrolled = drawn(&state, 140, 30);
        assert!(scrolled.contains("are above") && !scrolled.contains("Source: "), "{scrolled}");
    }

    #[test]
    fn trouble_is_said_and_what_was_known_stays() {
        let mut state = shown(1);
        state.take(Err(anyhow!("no JobManager answers")));
        let screen = drawn(&state, 140, 30);
        assert!(screen.contains("slots 1 of 2") && screen.contains("no JobManager answers"), "{screen}");
        let mut state = TopState::default();
        assert!(drawn(&state, 80, 24).contains("waiting for the JobManager"));
        state.take(Err(anyhow!("no JobManager answers")));
        assert!(drawn(&state, 80, 24).contains("no JobManager answers"));
    }

    #[test]
    fn a_bar_is_never_longer_than_its_place() {
        assert_eq!(bar(0.5, 0.25).to_string(), "######===···");
        assert_eq!(bar(1.0, 1.0).to_string().chars().count(), BAR);
    }
}
