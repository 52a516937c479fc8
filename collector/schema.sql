-- SPDX-License-Identifier: GPL-3.0-or-later
-- collector/schema.sql - the database of a measurement. docs/store.md explains it.
--
-- Raw tables are append-only (triggers refuse UPDATE and DELETE), derived_* may be rebuilt,
-- host_* hold what depends on the controller and is never exported. Times are raw ticks of
-- boot.tick_hz; conversion happens in the views, which are the public contract.
--
-- 64-bit numbers that may exceed 2^63-1 (seeds, identities) are text.
-- Checks are chains of OR, because IN builds a table for every row that is inserted.

PRAGMA user_version = 7;

-- ---- raw ------------------------------------------------------------------------------------

CREATE TABLE campaign (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    hash TEXT NOT NULL,                 -- SHA-256 of `text`
    text TEXT NOT NULL,                 -- canonical configuration
    bench TEXT NOT NULL,
    deterministic INTEGER NOT NULL CHECK (deterministic IN (0, 1)),
    ns_per_instruction REAL NOT NULL,   -- 0 where an instruction has no fixed time
    boots_planned INTEGER NOT NULL
) STRICT;

CREATE TABLE fact (                     -- provenance of a campaign
    campaign INTEGER NOT NULL REFERENCES campaign (id),
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (campaign, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE boot (
    id INTEGER PRIMARY KEY,
    campaign INTEGER NOT NULL REFERENCES campaign (id),
    plan_index INTEGER NOT NULL,
    platform TEXT NOT NULL,
    variant TEXT NOT NULL,
    block INTEGER NOT NULL,             -- of the ABBA order
    position INTEGER NOT NULL,          -- within the block
    seed TEXT NOT NULL,
    plan TEXT NOT NULL,                 -- what the target was told to run
    verdict TEXT NOT NULL CHECK (verdict = 'ok' OR verdict = 'skip' OR verdict = 'error'
                                 OR verdict = 'fail' OR verdict = 'crash'),
    reason TEXT NOT NULL,
    grade TEXT NOT NULL CHECK (grade IN ('A', 'B', 'C')),
    end TEXT NOT NULL,                  -- powered-off, limit, died, stalled, probe, not-run
    machine_time_ns INTEGER NOT NULL,   -- the machine's own time at its end; 0 unknown
    -- what the timer said of itself
    tick_hz INTEGER NOT NULL,           -- of all ticks of this boot; 0: no HELLO was seen
    step_ticks INTEGER NOT NULL,        -- from one sample of the pins to the next
    fclk_hz INTEGER NOT NULL,
    baud INTEGER NOT NULL,
    phases INTEGER NOT NULL,
    source_id TEXT NOT NULL,            -- of the RTL, 16 hex digits
    build_id TEXT NOT NULL,
    -- parts of the uncertainty that a boot has for all its intervals
    timebase_ppb INTEGER NOT NULL,      -- k = 2
    path_u_ns REAL,                     -- standard deviation of this boot's null; NULL: no null
    settle_ns INTEGER NOT NULL,
    -- the guest clock of durations.guest_ns; NULL: none was read
    guest_clock TEXT,
    guest_clock_hz INTEGER,
    -- what came over the wire
    frames INTEGER NOT NULL,            -- accepted
    events INTEGER NOT NULL,
    heartbeats INTEGER NOT NULL,
    frames_damaged INTEGER NOT NULL,    -- stretches of bytes that were no frame
    frames_missing INTEGER NOT NULL,    -- by holes in seq
    frames_repeated INTEGER NOT NULL,
    epoch_changes INTEGER NOT NULL,
    lost INTEGER NOT NULL,              -- records the timer lost, by its own count
    high_water INTEGER NOT NULL,        -- of the timer's FIFO
    refused INTEGER NOT NULL,           -- configuration changes refused while armed
    watchdog INTEGER NOT NULL,          -- 1: a STOP did not come by the deadline
    markers INTEGER NOT NULL,
    violations INTEGER NOT NULL,        -- of the marker grammar
    reference_edges INTEGER NOT NULL,   -- rising edges of the reference channel
    reference_first_tick INTEGER,
    reference_last_tick INTEGER,
    -- what came over the consoles
    records INTEGER NOT NULL,
    records_damaged INTEGER NOT NULL,
    records_missing INTEGER NOT NULL,
    records_repeated INTEGER NOT NULL,
    UNIQUE (campaign, plan_index)
) STRICT;

CREATE TABLE boot_fact (                -- provenance of a boot, as the target told it
    boot INTEGER NOT NULL REFERENCES boot (id),
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (boot, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE raw_frames (               -- bytes from the timer, as they came
    boot INTEGER NOT NULL REFERENCES boot (id),
    chunk INTEGER NOT NULL,             -- of 65536 bytes, the last one shorter
    bytes BLOB NOT NULL,
    PRIMARY KEY (boot, chunk)
) STRICT;

CREATE TABLE raw_console (
    boot INTEGER NOT NULL REFERENCES boot (id),
    stream INTEGER NOT NULL,            -- 0 first serial port, 1 second
    chunk INTEGER NOT NULL,
    bytes BLOB NOT NULL,
    PRIMARY KEY (boot, stream, chunk)
) STRICT;

CREATE TABLE run (                      -- one workload with its parameters in one boot
    boot INTEGER NOT NULL REFERENCES boot (id),
    w INTEGER NOT NULL,
    workload TEXT NOT NULL,
    param TEXT NOT NULL,                -- canonical text
    metric TEXT NOT NULL,
    unit TEXT NOT NULL,
    form TEXT NOT NULL CHECK (form IN ('per', 'rate')),
    scale REAL NOT NULL,                -- value in `unit` = scale * ns/work or scale * work/s
    work INTEGER NOT NULL,
    iterations INTEGER NOT NULL,
    first_interval INTEGER NOT NULL,
    verdict TEXT NOT NULL CHECK (verdict = 'ok' OR verdict = 'skip' OR verdict = 'error'
                                 OR verdict = 'fail' OR verdict = 'crash'),
    reason TEXT NOT NULL,
    answer TEXT NOT NULL,
    PRIMARY KEY (boot, w)
) STRICT, WITHOUT ROWID;

CREATE TABLE run_param (                -- `param`, taken apart
    boot INTEGER NOT NULL,
    w INTEGER NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (boot, w, key),
    FOREIGN KEY (boot, w) REFERENCES run (boot, w)
) STRICT, WITHOUT ROWID;

CREATE TABLE figure (                   -- what a workload says of itself: guest-timed score …
    boot INTEGER NOT NULL,
    w INTEGER NOT NULL,
    key TEXT NOT NULL,
    value INTEGER NOT NULL,
    PRIMARY KEY (boot, w, key),
    FOREIGN KEY (boot, w) REFERENCES run (boot, w)
) STRICT, WITHOUT ROWID;

CREATE TABLE interval (
    boot INTEGER NOT NULL REFERENCES boot (id),
    n INTEGER NOT NULL,                 -- number of the interval within the boot
    w INTEGER,                          -- NULL: no record says which run it belongs to
    iteration INTEGER,
    start_tick INTEGER,                 -- NULL: this edge is not known
    stop_tick INTEGER,
    reading INTEGER,                    -- ns: the one clock read inside, workload `clock`
    verdict TEXT NOT NULL CHECK (verdict = 'ok' OR verdict = 'skip' OR verdict = 'error'
                                 OR verdict = 'fail' OR verdict = 'crash'),
    reason TEXT NOT NULL,
    PRIMARY KEY (boot, n)
) STRICT, WITHOUT ROWID;

CREATE TABLE clock (                    -- guest clocks and counters in the order of reading
    boot INTEGER NOT NULL REFERENCES boot (id),
    clock INTEGER NOT NULL,
    name TEXT NOT NULL,
    unit TEXT NOT NULL,                 -- ns, ticks: a clock; count, accounted_ns: a counter
    PRIMARY KEY (boot, clock),
    UNIQUE (boot, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE reading (
    boot INTEGER NOT NULL,
    n INTEGER NOT NULL,
    clock INTEGER NOT NULL,
    before INTEGER NOT NULL,            -- read before START
    after INTEGER NOT NULL,             -- read after STOP
    PRIMARY KEY (boot, n, clock),
    FOREIGN KEY (boot, clock) REFERENCES clock (boot, clock)
) STRICT, WITHOUT ROWID;

CREATE TABLE exit_count (
    boot INTEGER NOT NULL REFERENCES boot (id),
    w INTEGER NOT NULL,                 -- run, or -1: the whole boot
    cause TEXT NOT NULL,
    count INTEGER NOT NULL,
    ticks INTEGER NOT NULL,             -- the hypervisor's own sum of time spent; 0 unknown
    ticks_min INTEGER NOT NULL,         -- … and of a single exit
    ticks_max INTEGER NOT NULL,
    PRIMARY KEY (boot, w, cause)
) STRICT, WITHOUT ROWID;

CREATE TABLE audit (                    -- exits counted over K and 2K of something
    boot INTEGER NOT NULL REFERENCES boot (id),
    ordinal INTEGER NOT NULL,
    what TEXT NOT NULL,
    k INTEGER NOT NULL,
    exits_k INTEGER NOT NULL,
    exits_2k INTEGER NOT NULL,
    PRIMARY KEY (boot, ordinal)
) STRICT, WITHOUT ROWID;

CREATE TABLE damage (                   -- everything that was not as it should be
    boot INTEGER NOT NULL REFERENCES boot (id),
    ordinal INTEGER NOT NULL,
    source TEXT NOT NULL,               -- frames, markers, console, console2, bench
    kind TEXT NOT NULL,
    byte_offset INTEGER,                -- in the source's bytes; NULL where that means nothing
    detail TEXT NOT NULL,
    PRIMARY KEY (boot, ordinal)
) STRICT, WITHOUT ROWID;

-- ---- derived: analysis/summarise.c fills them, through store_replace_*() ---------------------

CREATE TABLE derived_summary (
    campaign INTEGER NOT NULL REFERENCES campaign (id),
    ordinal INTEGER NOT NULL,
    platform TEXT NOT NULL,
    variant TEXT NOT NULL,
    workload TEXT NOT NULL,
    param TEXT NOT NULL,
    metric TEXT NOT NULL,
    unit TEXT NOT NULL,
    n INTEGER NOT NULL,
    value REAL, p50 REAL, p99 REAL, max REAL, ci_low REAL, ci_high REAL,
    boots INTEGER NOT NULL,
    baseline TEXT NOT NULL,             -- '' where there is none
    ratio REAL, ratio_low REAL, ratio_high REAL,
    verdict TEXT NOT NULL,
    PRIMARY KEY (campaign, ordinal)
) STRICT, WITHOUT ROWID;

CREATE TABLE derived_clock (
    campaign INTEGER NOT NULL REFERENCES campaign (id),
    boot INTEGER NOT NULL REFERENCES boot (id),
    clock TEXT NOT NULL,
    offset_ns REAL, skew_ppm REAL, skew_low REAL, skew_high REAL,
    jumps INTEGER, backsteps INTEGER,
    verdict TEXT NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (campaign, boot, clock)
) STRICT, WITHOUT ROWID;

-- ---- host: never exported --------------------------------------------------------------------

CREATE TABLE host_attempt (
    id INTEGER PRIMARY KEY,
    campaign INTEGER NOT NULL REFERENCES campaign (id),
    plan_index INTEGER NOT NULL,
    started_unix_ns INTEGER NOT NULL,
    ended_unix_ns INTEGER,              -- NULL: still running, or cut off with the runner
    outcome TEXT                        -- complete, interrupted, error
) STRICT;

CREATE TABLE host_fact (
    campaign INTEGER NOT NULL REFERENCES campaign (id),
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (campaign, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE host_log (                 -- what the bench itself said
    boot INTEGER PRIMARY KEY REFERENCES boot (id),
    bytes BLOB NOT NULL
) STRICT;

-- ---- raw stays as it came --------------------------------------------------------------------

CREATE TRIGGER campaign_keep BEFORE UPDATE ON campaign
BEGIN SELECT RAISE(ABORT, 'campaign is append-only'); END;
CREATE TRIGGER campaign_stay BEFORE DELETE ON campaign
BEGIN SELECT RAISE(ABORT, 'campaign is append-only'); END;
CREATE TRIGGER fact_keep BEFORE UPDATE ON fact
BEGIN SELECT RAISE(ABORT, 'fact is append-only'); END;
CREATE TRIGGER fact_stay BEFORE DELETE ON fact
BEGIN SELECT RAISE(ABORT, 'fact is append-only'); END;
CREATE TRIGGER boot_keep BEFORE UPDATE ON boot
BEGIN SELECT RAISE(ABORT, 'boot is append-only'); END;
CREATE TRIGGER boot_stay BEFORE DELETE ON boot
BEGIN SELECT RAISE(ABORT, 'boot is append-only'); END;
CREATE TRIGGER boot_fact_keep BEFORE UPDATE ON boot_fact
BEGIN SELECT RAISE(ABORT, 'boot_fact is append-only'); END;
CREATE TRIGGER boot_fact_stay BEFORE DELETE ON boot_fact
BEGIN SELECT RAISE(ABORT, 'boot_fact is append-only'); END;
CREATE TRIGGER raw_frames_keep BEFORE UPDATE ON raw_frames
BEGIN SELECT RAISE(ABORT, 'raw_frames is append-only'); END;
CREATE TRIGGER raw_frames_stay BEFORE DELETE ON raw_frames
BEGIN SELECT RAISE(ABORT, 'raw_frames is append-only'); END;
CREATE TRIGGER raw_console_keep BEFORE UPDATE ON raw_console
BEGIN SELECT RAISE(ABORT, 'raw_console is append-only'); END;
CREATE TRIGGER raw_console_stay BEFORE DELETE ON raw_console
BEGIN SELECT RAISE(ABORT, 'raw_console is append-only'); END;
CREATE TRIGGER run_keep BEFORE UPDATE ON run
BEGIN SELECT RAISE(ABORT, 'run is append-only'); END;
CREATE TRIGGER run_stay BEFORE DELETE ON run
BEGIN SELECT RAISE(ABORT, 'run is append-only'); END;
CREATE TRIGGER run_param_keep BEFORE UPDATE ON run_param
BEGIN SELECT RAISE(ABORT, 'run_param is append-only'); END;
CREATE TRIGGER run_param_stay BEFORE DELETE ON run_param
BEGIN SELECT RAISE(ABORT, 'run_param is append-only'); END;
CREATE TRIGGER figure_keep BEFORE UPDATE ON figure
BEGIN SELECT RAISE(ABORT, 'figure is append-only'); END;
CREATE TRIGGER figure_stay BEFORE DELETE ON figure
BEGIN SELECT RAISE(ABORT, 'figure is append-only'); END;
CREATE TRIGGER interval_keep BEFORE UPDATE ON interval
BEGIN SELECT RAISE(ABORT, 'interval is append-only'); END;
CREATE TRIGGER interval_stay BEFORE DELETE ON interval
BEGIN SELECT RAISE(ABORT, 'interval is append-only'); END;
CREATE TRIGGER clock_keep BEFORE UPDATE ON clock
BEGIN SELECT RAISE(ABORT, 'clock is append-only'); END;
CREATE TRIGGER clock_stay BEFORE DELETE ON clock
BEGIN SELECT RAISE(ABORT, 'clock is append-only'); END;
CREATE TRIGGER reading_keep BEFORE UPDATE ON reading
BEGIN SELECT RAISE(ABORT, 'reading is append-only'); END;
CREATE TRIGGER reading_stay BEFORE DELETE ON reading
BEGIN SELECT RAISE(ABORT, 'reading is append-only'); END;
CREATE TRIGGER exit_count_keep BEFORE UPDATE ON exit_count
BEGIN SELECT RAISE(ABORT, 'exit_count is append-only'); END;
CREATE TRIGGER exit_count_stay BEFORE DELETE ON exit_count
BEGIN SELECT RAISE(ABORT, 'exit_count is append-only'); END;
CREATE TRIGGER audit_keep BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END;
CREATE TRIGGER audit_stay BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END;
CREATE TRIGGER damage_keep BEFORE UPDATE ON damage
BEGIN SELECT RAISE(ABORT, 'damage is append-only'); END;
CREATE TRIGGER damage_stay BEFORE DELETE ON damage
BEGIN SELECT RAISE(ABORT, 'damage is append-only'); END;

-- ---- views: the public contract (docs/store.md) ----------------------------------------------

CREATE VIEW boots AS
SELECT c.name AS campaign, c.bench, b.plan_index AS boot, b.platform, b.variant, b.block,
       b.position, b.seed, b.verdict, b.reason, b.grade, b.end, b.machine_time_ns, b.tick_hz,
       CASE WHEN b.tick_hz > 0 THEN b.step_ticks * 1e9 / b.tick_hz END AS step_ns,
       b.timebase_ppb, b.path_u_ns, b.frames, b.events, b.heartbeats, b.frames_damaged,
       b.frames_missing, b.frames_repeated, b.epoch_changes, b.lost, b.high_water, b.refused,
       b.watchdog, b.markers, b.violations, b.reference_edges, b.reference_first_tick,
       b.reference_last_tick, b.records, b.records_damaged, b.records_missing,
       b.records_repeated
FROM boot b JOIN campaign c ON c.id = b.campaign;

CREATE VIEW runs AS
SELECT c.name AS campaign, c.bench, b.plan_index AS boot, b.platform, b.variant, r.w,
       r.workload, r.param, r.metric, r.unit, r.form, r.scale, r.work, r.iterations,
       r.first_interval, r.verdict, r.reason, r.answer
FROM run r JOIN boot b ON b.id = r.boot JOIN campaign c ON c.id = b.campaign;

CREATE VIEW figures AS
SELECT c.name AS campaign, b.plan_index AS boot, b.platform, b.variant, f.w, r.workload,
       r.param, f.key, f.value
FROM figure f JOIN run r ON r.boot = f.boot AND r.w = f.w JOIN boot b ON b.id = f.boot
     JOIN campaign c ON c.id = b.campaign;

-- One row per interval with the parts of its uncertainty, each expanded (k = 2).
--   timer step  each edge is uniform within one step, so sigma of the difference is
--               step / sqrt(6). In a deterministic bench an edge lies on a step: the figure is
--               exact and the whole step is its bound.
--   timebase    stated ppb (k = 2) of the duration
--   marker path standard deviation of this boot's null, twice
CREATE VIEW intervals AS
SELECT campaign, bench, boot, platform, variant, interval, w, workload, param, metric, unit,
       form, scale, work, iteration, start_tick, stop_tick, tick_hz, reading, true_ns,
       u_step_ns, u_timebase_ns, u_path_ns,
       sqrt(u_step_ns * u_step_ns + u_timebase_ns * u_timebase_ns + u_path_ns * u_path_ns)
           AS u_ns,
       CASE WHEN u_step_ns IS NULL THEN NULL
            WHEN u_step_ns >= u_timebase_ns AND u_step_ns >= u_path_ns THEN 'timer step'
            WHEN u_timebase_ns >= u_path_ns THEN 'timebase'
            ELSE 'marker path' END AS u_dominant,
       grade, verdict, reason, boot_id, guest_clock, guest_clock_hz
FROM (
    SELECT c.name AS campaign, c.bench AS bench, b.plan_index AS boot, b.platform AS platform,
           b.variant AS variant, i.n AS interval, i.w AS w, r.workload AS workload,
           r.param AS param, r.metric AS metric, r.unit AS unit, r.form AS form,
           r.scale AS scale, r.work AS work, i.iteration AS iteration,
           i.start_tick AS start_tick, i.stop_tick AS stop_tick, b.tick_hz AS tick_hz,
           i.reading AS reading,
           CASE WHEN b.tick_hz > 0 THEN (i.stop_tick - i.start_tick) * 1e9 / b.tick_hz END
               AS true_ns,
           CASE WHEN b.tick_hz <= 0 OR i.stop_tick IS NULL OR i.start_tick IS NULL THEN NULL
                WHEN c.deterministic THEN b.step_ticks * 1e9 / b.tick_hz
                ELSE 2 * b.step_ticks * 1e9 / b.tick_hz / sqrt(6) END AS u_step_ns,
           CASE WHEN b.tick_hz > 0
                THEN (i.stop_tick - i.start_tick) * 1.0 / b.tick_hz * b.timebase_ppb END
               AS u_timebase_ns,
           CASE WHEN c.deterministic THEN 0.0 ELSE 2 * coalesce(b.path_u_ns, 0.0) END
               AS u_path_ns,
           b.grade AS grade,
           CASE WHEN i.verdict <> 'ok' THEN i.verdict ELSE coalesce(r.verdict, 'ok') END
               AS verdict,
           CASE WHEN i.verdict <> 'ok' THEN i.reason ELSE coalesce(r.reason, '') END AS reason,
           b.id AS boot_id, b.guest_clock AS guest_clock, b.guest_clock_hz AS guest_clock_hz
    FROM interval i JOIN boot b ON b.id = i.boot JOIN campaign c ON c.id = b.campaign
         LEFT JOIN run r ON r.boot = i.boot AND r.w = i.w
);

CREATE VIEW durations AS
SELECT v.campaign, v.bench, v.boot, v.platform, v.variant, v.workload, v.param, v.metric,
       v.iteration, v.true_ns, v.u_ns,
       (g.after - g.before) * 1e9 / v.guest_clock_hz AS guest_ns,
       v.grade, v.verdict, v.reason
FROM intervals v
     LEFT JOIN clock k ON k.boot = v.boot_id AND k.name = v.guest_clock
     LEFT JOIN reading g ON g.boot = v.boot_id AND g.n = v.interval AND g.clock = k.clock;

CREATE VIEW readings AS
SELECT c.name AS campaign, b.plan_index AS boot, r.n AS interval, k.name AS clock, r.before,
       r.after
FROM reading r JOIN clock k ON k.boot = r.boot AND k.clock = r.clock
     JOIN boot b ON b.id = r.boot JOIN campaign c ON c.id = b.campaign;

CREATE VIEW summary AS
SELECT c.name AS campaign, c.bench, s.platform, s.variant, s.workload, s.param, s.metric,
       s.unit, s.n, s.value, s.p50, s.p99, s.max, s.ci_low, s.ci_high, s.boots, s.baseline,
       s.ratio, s.ratio_low, s.ratio_high, s.verdict
FROM derived_summary s JOIN campaign c ON c.id = s.campaign;

CREATE VIEW exit_counts AS
SELECT c.name AS campaign, b.plan_index AS boot, b.platform, b.variant, r.workload, x.cause,
       x.count
FROM exit_count x JOIN boot b ON b.id = x.boot JOIN campaign c ON c.id = b.campaign
     LEFT JOIN run r ON r.boot = x.boot AND r.w = x.w;

-- Cost of one operation: (median over iterations of the operation's true time - median of
-- `empty` with the same n in the same boot) / n; in instructions where one has a fixed time.
CREATE VIEW exit_costs AS
WITH timed AS (
    SELECT i.boot, op.value AS operation, CAST(nn.value AS INTEGER) AS n,
           i.stop_tick - i.start_tick AS ticks
    FROM run r
         JOIN run_param op ON op.boot = r.boot AND op.w = r.w AND op.key = 'op'
         JOIN run_param nn ON nn.boot = r.boot AND nn.w = r.w AND nn.key = 'n'
         JOIN interval i ON i.boot = r.boot AND i.w = r.w
    WHERE r.workload = 'exits' AND r.verdict = 'ok' AND i.verdict = 'ok'
),
ranked AS (
    SELECT boot, operation, n, ticks,
           row_number() OVER (PARTITION BY boot, operation, n ORDER BY ticks) AS rank,
           count(*) OVER (PARTITION BY boot, operation, n) AS total
    FROM timed
),
median AS (
    SELECT boot, operation, n, avg(ticks) AS ticks
    FROM ranked WHERE rank IN ((total + 1) / 2, (total + 2) / 2)
    GROUP BY boot, operation, n
)
SELECT c.name AS campaign, b.plan_index AS boot, b.platform, b.variant, m.operation,
       (m.ticks - e.ticks) * 1e9 / b.tick_hz / m.n /
           CASE WHEN c.ns_per_instruction > 0 THEN c.ns_per_instruction ELSE 1.0 END AS cost,
       CASE WHEN c.ns_per_instruction > 0 THEN 'instructions' ELSE 'ns' END AS unit
FROM median m
     JOIN median e ON e.boot = m.boot AND e.n = m.n
          AND e.operation = CASE m.operation WHEN 'kernel-hypercall' THEN 'kernel-call'
                                             ELSE 'empty' END
     JOIN boot b ON b.id = m.boot JOIN campaign c ON c.id = b.campaign
WHERE m.operation <> 'empty' AND b.tick_hz > 0;

CREATE VIEW clocks AS
SELECT c.name AS campaign, c.bench, b.plan_index AS boot, b.platform, b.variant, d.clock,
       d.offset_ns, d.skew_ppm, d.skew_low, d.skew_high, d.jumps, d.backsteps, d.verdict,
       d.reason
FROM derived_clock d JOIN boot b ON b.id = d.boot JOIN campaign c ON c.id = d.campaign;

CREATE VIEW provenance AS
SELECT c.name AS campaign, f.key, f.value
FROM fact f JOIN campaign c ON c.id = f.campaign
UNION ALL
SELECT name, 'campaign.hash', hash FROM campaign
UNION ALL
SELECT name, 'campaign.text', text FROM campaign
UNION ALL
SELECT name, 'lab.ns_per_instruction', printf('%g', ns_per_instruction) FROM campaign
WHERE ns_per_instruction > 0
UNION ALL
SELECT c.name, printf('boot.%d.%s', b.plan_index, f.key), f.value
FROM boot_fact f JOIN boot b ON b.id = f.boot JOIN campaign c ON c.id = b.campaign;

CREATE VIEW audits AS
SELECT c.name AS campaign, b.plan_index AS boot, b.platform, b.variant, a.what, a.k, a.exits_k,
       a.exits_2k, a.exits_2k - a.exits_k AS exits_of_k
FROM audit a JOIN boot b ON b.id = a.boot JOIN campaign c ON c.id = b.campaign;

CREATE VIEW damages AS
SELECT c.name AS campaign, b.plan_index AS boot, b.platform, b.variant, d.source, d.kind,
       d.byte_offset, d.detail
FROM damage d JOIN boot b ON b.id = d.boot JOIN campaign c ON c.id = b.campaign;

-- Boots that were begun and never stored.
CREATE VIEW attempts AS
SELECT c.name AS campaign, a.plan_index AS boot, a.started_unix_ns, a.ended_unix_ns,
       coalesce(a.outcome, 'cut off') AS outcome
FROM host_attempt a JOIN campaign c ON c.id = a.campaign
WHERE coalesce(a.outcome, '') <> 'complete';

-- ---- since version 2 -------------------------------------------------------------------------
-- A file of version 1 is migrated by what stands from here to the next such line
-- (collector/store.c).

-- What is no clock: how far each counter moved around an interval that may be used.
CREATE VIEW counters AS
SELECT c.name AS campaign, b.plan_index AS boot, b.platform, b.variant, r.workload, r.param,
       i.iteration, k.name AS counter, k.unit, CAST(g.after - g.before AS REAL) AS value
FROM clock k
     JOIN boot b ON b.id = k.boot
     JOIN campaign c ON c.id = b.campaign
     JOIN reading g ON g.boot = k.boot AND g.clock = k.clock
     JOIN interval i ON i.boot = g.boot AND i.n = g.n
     JOIN run r ON r.boot = i.boot AND r.w = i.w
WHERE k.unit <> 'ns' AND k.unit <> 'ticks' AND i.verdict = 'ok' AND r.verdict = 'ok';

-- The audit of time(1): what a guest says of a run, from its first interval to its last, beside
-- what passed outside. analysis/summarise_times.c fills it.
CREATE TABLE derived_times (
    campaign INTEGER NOT NULL REFERENCES campaign (id),
    boot INTEGER NOT NULL REFERENCES boot (id),
    w INTEGER NOT NULL,
    intervals INTEGER NOT NULL,
    true_ns REAL NOT NULL,
    real_ns INTEGER NOT NULL,
    user_ns INTEGER NOT NULL,
    sys_ns INTEGER NOT NULL,
    steal_ns INTEGER,                   -- NULL: not read
    cpus INTEGER,                       -- that the process may run on; NULL: not told
    tolerance_ns REAL NOT NULL,
    flagged INTEGER NOT NULL,           -- intervals that cannot be true
    verdict TEXT NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (campaign, boot, w)
) STRICT, WITHOUT ROWID;

CREATE VIEW time_audits AS
SELECT c.name AS campaign, c.bench, b.plan_index AS boot, b.platform, b.variant, r.workload,
       r.param, d.intervals, d.true_ns, d.real_ns, d.user_ns, d.sys_ns, d.steal_ns, d.cpus,
       d.tolerance_ns, d.flagged, d.verdict, d.reason
FROM derived_times d JOIN boot b ON b.id = d.boot JOIN campaign c ON c.id = d.campaign
     JOIN run r ON r.boot = d.boot AND r.w = d.w;

-- real, user and sys of each interval as the guest says, beside true time.
CREATE VIEW times AS
SELECT c.name AS campaign, b.plan_index AS boot, b.platform, b.variant, w.workload, w.param,
       i.iteration,
       CASE WHEN b.tick_hz > 0 THEN (i.stop_tick - i.start_tick) * 1e9 / b.tick_hz END
           AS true_ns,
       r.after - r.before AS real_ns, u.after - u.before AS user_ns,
       s.after - s.before AS sys_ns
FROM boot b JOIN campaign c ON c.id = b.campaign
     JOIN interval i ON i.boot = b.id
     JOIN run w ON w.boot = b.id AND w.w = i.w
     JOIN clock kr ON kr.boot = b.id AND kr.name = 'real' AND kr.unit = 'ns'
     JOIN reading r ON r.boot = b.id AND r.n = i.n AND r.clock = kr.clock
     JOIN clock ku ON ku.boot = b.id AND ku.name = 'user' AND ku.unit = 'ns'
     JOIN reading u ON u.boot = b.id AND u.n = i.n AND u.clock = ku.clock
     JOIN clock ks ON ks.boot = b.id AND ks.name = 'sys' AND ks.unit = 'ns'
     JOIN reading s ON s.boot = b.id AND s.n = i.n AND s.clock = ks.clock;

-- What a sample of each collector costs: (median true time of workload `observe` with it - median
-- with `none` and the same n in the same boot) / n; in instructions where one has a fixed time.
CREATE VIEW observer_costs AS
WITH timed AS (
    SELECT i.boot, k.value AS collector, CAST(nn.value AS INTEGER) AS n,
           i.stop_tick - i.start_tick AS ticks
    FROM run r
         JOIN run_param k ON k.boot = r.boot AND k.w = r.w AND k.key = 'collector'
         JOIN run_param nn ON nn.boot = r.boot AND nn.w = r.w AND nn.key = 'n'
         JOIN interval i ON i.boot = r.boot AND i.w = r.w
    WHERE r.workload = 'observe' AND r.verdict = 'ok' AND i.verdict = 'ok'
),
ranked AS (
    SELECT boot, collector, n, ticks,
           row_number() OVER (PARTITION BY boot, collector, n ORDER BY ticks) AS rank,
           count(*) OVER (PARTITION BY boot, collector, n) AS total
    FROM timed
),
median AS (
    SELECT boot, collector, n, avg(ticks) AS ticks
    FROM ranked WHERE rank IN ((total + 1) / 2, (total + 2) / 2)
    GROUP BY boot, collector, n
)
SELECT c.name AS campaign, b.plan_index AS boot, b.platform, b.variant, m.collector,
       (m.ticks - e.ticks) * 1e9 / b.tick_hz / m.n /
           CASE WHEN c.ns_per_instruction > 0 THEN c.ns_per_instruction ELSE 1.0 END AS cost,
       CASE WHEN c.ns_per_instruction > 0 THEN 'instructions' ELSE 'ns' END AS unit
FROM median m
     JOIN median e ON e.boot = m.boot AND e.n = m.n AND e.collector = 'none'
     JOIN boot b ON b.id = m.boot JOIN campaign c ON c.id = b.campaign
WHERE m.collector <> 'none' AND b.tick_hz > 0;

-- ---- since version 3 -------------------------------------------------------------------------

-- The overhead ledger: where the time of a run went (docs/method.md). analysis/summarise_ledger.c
-- fills it: true = work + operations + interrupts + unseen + steal + residual, all of the run.
CREATE TABLE derived_overhead (
    campaign INTEGER NOT NULL REFERENCES campaign (id),
    boot INTEGER NOT NULL REFERENCES boot (id),
    w INTEGER NOT NULL,
    intervals INTEGER NOT NULL,
    true_ns REAL NOT NULL,
    work_ns REAL NOT NULL,
    operations INTEGER NOT NULL,
    operation_ns REAL,                  -- of one; NULL: none, or not known
    operations_ns REAL NOT NULL,
    interrupts INTEGER,                 -- NULL: the guest does not count them
    interrupt_ns REAL,                  -- of one; NULL: the ruler met none
    interrupts_ns REAL NOT NULL,
    unseen_ns REAL NOT NULL,
    steal_ns REAL,                      -- NULL: the hypervisor does not tell
    residual_ns REAL NOT NULL,
    u_ns REAL NOT NULL,                 -- of the residual, k = 2
    budget_ns REAL NOT NULL,
    flagged INTEGER NOT NULL,           -- intervals beyond the budget by themselves
    verdict TEXT NOT NULL,              -- closed, over budget, incomplete
    reason TEXT NOT NULL,
    PRIMARY KEY (campaign, boot, w)
) STRICT, WITHOUT ROWID;

CREATE VIEW overhead AS
SELECT c.name AS campaign, c.bench, b.plan_index AS boot, b.platform, b.variant, r.workload,
       r.param, d.intervals, d.true_ns, d.work_ns, d.operations, d.operation_ns,
       d.operations_ns, d.interrupts, d.interrupt_ns, d.interrupts_ns, d.unseen_ns, d.steal_ns,
       d.residual_ns, d.u_ns, d.budget_ns, d.flagged, d.verdict, d.reason
FROM derived_overhead d JOIN boot b ON b.id = d.boot JOIN campaign c ON c.id = d.campaign
     JOIN run r ON r.boot = d.boot AND r.w = d.w;

-- ---- since version 4 -------------------------------------------------------------------------

-- What the processor counted over the runs of the audit of time(1), beside user and sys: by the
-- collectors pmu, and pmu-split at either level. NULL: not read. No row: nothing of it was.
CREATE VIEW time_counters AS
WITH ends AS (
    SELECT boot, w, min(n) AS first, max(n) AS last FROM interval
    WHERE w IS NOT NULL AND verdict = 'ok'
    GROUP BY boot, w
),
-- CROSS JOIN: in this order, so that each step finds its rows by primary key
spent AS (
    SELECT e.boot, e.w, k.name, CAST(z.after - a.before AS REAL) AS value
    FROM ends e
         CROSS JOIN clock k ON k.boot = e.boot AND k.unit = 'count' AND
                    k.name IN ('core.instr', 'core.cycles', 'split.instr_user',
                               'split.instr_kernel', 'split.cycles_user',
                               'split.cycles_kernel')
         CROSS JOIN reading a ON a.boot = e.boot AND a.n = e.first AND a.clock = k.clock
         CROSS JOIN reading z ON z.boot = e.boot AND z.n = e.last AND z.clock = k.clock
)
SELECT c.name AS campaign, b.plan_index AS boot, b.platform, b.variant, r.workload, r.param,
       d.w, d.true_ns, d.user_ns, d.sys_ns,
       max(CASE s.name WHEN 'core.instr' THEN s.value END) AS instructions,
       max(CASE s.name WHEN 'core.cycles' THEN s.value END) AS cycles,
       max(CASE s.name WHEN 'split.instr_user' THEN s.value END) AS user_instructions,
       max(CASE s.name WHEN 'split.instr_kernel' THEN s.value END) AS kernel_instructions,
       max(CASE s.name WHEN 'split.cycles_user' THEN s.value END) AS user_cycles,
       max(CASE s.name WHEN 'split.cycles_kernel' THEN s.value END) AS kernel_cycles
FROM spent s
     CROSS JOIN derived_times d ON d.boot = s.boot AND d.w = s.w
     JOIN boot b ON b.id = d.boot
     JOIN campaign c ON c.id = d.campaign
     JOIN run r ON r.boot = d.boot AND r.w = d.w
GROUP BY d.campaign, d.boot, d.w;

-- ---- since version 5 -------------------------------------------------------------------------

-- The hypervisor's ledger of distortions: what it did to its guest's time on purpose, by its own
-- clock (docs/lies.md). Not the overhead ledger, which is what analysis makes of exits and costs.
CREATE TABLE distortion (
    boot INTEGER NOT NULL REFERENCES boot (id),
    seq INTEGER NOT NULL,
    lie INTEGER NOT NULL,               -- which of the boot's requests
    kind TEXT NOT NULL,
    unit TEXT NOT NULL,                 -- of requested: ticks, ppb, instructions
    begin INTEGER NOT NULL,             -- ticks of the hypervisor's TSC
    end INTEGER NOT NULL,
    guest INTEGER NOT NULL,             -- the guest's TSC at begin
    requested INTEGER NOT NULL,
    delivered INTEGER NOT NULL,         -- ticks; of a rate ppb
    visible INTEGER NOT NULL,           -- ticks of it that the guest's TSC shows
    count INTEGER NOT NULL,             -- what was summed up: readings, exits; else 1
    PRIMARY KEY (boot, seq)
) STRICT, WITHOUT ROWID;

-- What was asked for, and the sums over all its entries, those that found no room too.
CREATE TABLE distortion_request (
    boot INTEGER NOT NULL REFERENCES boot (id),
    lie INTEGER NOT NULL,
    kind TEXT NOT NULL,
    unit TEXT NOT NULL,
    form TEXT NOT NULL,
    entries INTEGER NOT NULL,
    count INTEGER NOT NULL,
    requested INTEGER NOT NULL,
    delivered INTEGER NOT NULL,
    visible INTEGER NOT NULL,
    PRIMARY KEY (boot, lie)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER distortion_keep BEFORE UPDATE ON distortion
BEGIN SELECT RAISE(ABORT, 'distortion is append-only'); END;
CREATE TRIGGER distortion_stay BEFORE DELETE ON distortion
BEGIN SELECT RAISE(ABORT, 'distortion is append-only'); END;
CREATE TRIGGER distortion_request_keep BEFORE UPDATE ON distortion_request
BEGIN SELECT RAISE(ABORT, 'distortion_request is append-only'); END;
CREATE TRIGGER distortion_request_stay BEFORE DELETE ON distortion_request
BEGIN SELECT RAISE(ABORT, 'distortion_request is append-only'); END;

-- What the hypervisor said, of a boot whose truth is not to be known yet (docs/adr/0023): nothing
-- of it but whether it is sound is anywhere else until it is opened.
CREATE TABLE seal (
    boot INTEGER PRIMARY KEY REFERENCES boot (id),
    key_id TEXT NOT NULL,               -- tells keys apart
    commitment TEXT NOT NULL,           -- HMAC-SHA-256 of what is sealed
    sealed BLOB NOT NULL                -- its second console
) STRICT;
CREATE TRIGGER seal_keep BEFORE UPDATE ON seal
BEGIN SELECT RAISE(ABORT, 'seal is append-only'); END;
CREATE TRIGGER seal_stay BEFORE DELETE ON seal
BEGIN SELECT RAISE(ABORT, 'seal is append-only'); END;

CREATE VIEW seals AS
SELECT c.name AS campaign, b.plan_index AS boot, b.platform, b.variant, s.key_id, s.commitment,
       EXISTS (SELECT 1 FROM raw_console r WHERE r.boot = s.boot AND r.stream = 1) AS opened
FROM seal s JOIN boot b ON b.id = s.boot JOIN campaign c ON c.id = b.campaign;

CREATE VIEW distortions AS
SELECT c.name AS campaign, b.plan_index AS boot, b.platform, b.variant, d.seq, d.lie, d.kind,
       d.unit, d.begin, d.end, d.guest, d.requested, d.delivered, d.visible, d.count
FROM distortion d JOIN boot b ON b.id = d.boot JOIN campaign c ON c.id = b.campaign;

CREATE VIEW distortion_requests AS
SELECT c.name AS campaign, b.plan_index AS boot, b.platform, b.variant, d.lie, d.kind, d.unit,
       d.form, d.entries, d.count, d.requested, d.delivered, d.visible
FROM distortion_request d JOIN boot b ON b.id = d.boot JOIN campaign c ON c.id = b.campaign;

-- What analysis finds of distortions in the intervals and readings of a boot alone, and beside it
-- what the ledger says was there to be found. analysis/summarise_recovery.c fills it.
CREATE TABLE derived_recovery (
    campaign INTEGER NOT NULL REFERENCES campaign (id),
    boot INTEGER NOT NULL REFERENCES boot (id),
    kind TEXT NOT NULL,
    detail TEXT NOT NULL,               -- the operation, of a pad; else ''
    unit TEXT NOT NULL,                 -- of all the figures that follow
    events INTEGER NOT NULL,            -- found
    recovered REAL,
    low REAL,                           -- NULL: no interval is stated
    high REAL,
    injected INTEGER,                   -- entries to be found; NULL: no ledger, or not opened
    requested REAL,
    delivered REAL,
    missed INTEGER,                     -- entries that no interval could show
    per_event REAL,                     -- (recovered - delivered) / injected
    verdict TEXT NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (campaign, boot, kind, detail)
) STRICT, WITHOUT ROWID;

CREATE VIEW recoveries AS
SELECT c.name AS campaign, c.bench, b.plan_index AS boot, b.platform, b.variant, d.kind,
       d.detail, d.unit, d.requested, d.delivered, d.recovered, d.low, d.high, d.injected,
       d.events, d.missed, d.per_event, d.verdict, d.reason
FROM derived_recovery d JOIN boot b ON b.id = d.boot JOIN campaign c ON c.id = d.campaign;

-- ---- since version 6 -------------------------------------------------------------------------

-- The counterfactual: what a benchmark that times itself would have printed, beside the same
-- formula fed with true time (analysis/score.h). analysis/summarise_scores.c fills it.
CREATE TABLE derived_score (
    campaign INTEGER NOT NULL REFERENCES campaign (id),
    boot INTEGER NOT NULL REFERENCES boot (id),
    w INTEGER NOT NULL,                 -- run, or -1: of the boot's runs together
    style TEXT NOT NULL,                -- lmbench, ubench, unixbench
    name TEXT NOT NULL,                 -- of the original's test, AVG, index; else ''
    unit TEXT NOT NULL,
    n INTEGER NOT NULL,                 -- iterations; of w -1: scores
    guest REAL,                         -- NULL: no figure comes out of such a clock
    truth REAL NOT NULL,
    error_ppm REAL,                     -- (guest / truth - 1) x 10^6
    u_ppm REAL,                         -- what the readings leave open; NULL: not known
    verdict TEXT NOT NULL,              -- true, wrong, unknown
    PRIMARY KEY (campaign, boot, w, style)
) STRICT, WITHOUT ROWID;

CREATE VIEW scores AS
SELECT c.name AS campaign, c.bench, b.plan_index AS boot, b.platform, b.variant, d.style,
       coalesce(r.workload, '') AS workload, coalesce(r.param, '') AS param, d.name, d.unit, d.n,
       d.guest, d.truth, d.error_ppm, d.u_ppm, d.verdict
FROM derived_score d JOIN boot b ON b.id = d.boot JOIN campaign c ON c.id = d.campaign
     LEFT JOIN run r ON r.boot = d.boot AND r.w = d.w;

-- ---- since version 7 -------------------------------------------------------------------------

-- How often a clock stood still. `etalon summarise`, which migrates, fills it.
ALTER TABLE derived_clock ADD COLUMN freezes INTEGER;

DROP VIEW clocks;
CREATE VIEW clocks AS
SELECT c.name AS campaign, c.bench, b.plan_index AS boot, b.platform, b.variant, d.clock,
       d.offset_ns, d.skew_ppm, d.skew_low, d.skew_high, d.jumps, d.backsteps, d.freezes,
       d.verdict, d.reason
FROM derived_clock d JOIN boot b ON b.id = d.boot JOIN campaign c ON c.id = d.campaign;
