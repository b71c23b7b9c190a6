-- From the table of the time when db-scheduler was the engine. Stop all instances before. The
-- old table is kept under another name; drop it when you are sure.
exec sp_rename 'hopper_event_outbox', 'hopper_event_outbox_old';
create table hopper_event_outbox (
  id nchar(36) not null primary key,
  event_type nvarchar(255) not null,
  session_id nvarchar(4000),
  state nvarchar(10) not null,
  reason nvarchar(20),
  payload varbinary(max) not null,
  occurred_at datetime2(6),
  stored_at datetime2(6) not null,
  due_at datetime2(6) not null,
  attempts int not null,
  last_error nvarchar(600),
  failures nvarchar(max),
  trace nvarchar(max),
  replayed_at datetime2(6),
  claimed_by nvarchar(36),
  claimed_until datetime2(6),
  finished_at datetime2(6),
  status_code int,
  version bigint not null
);
create index hopper_event_outbox_due on hopper_event_outbox (state, due_at, id, event_type);
-- A batch is compiled as a whole, while the table still has its old columns
exec ('insert into hopper_event_outbox (id, event_type, state, payload, stored_at, due_at, attempts, finished_at, version)
select task_instance, case when task_name like ''dead.%'' then substring(task_name, 6, 100) else task_name end,
  case when task_name like ''dead.%'' then ''DEAD'' else ''PENDING'' end, task_data,
  dateadd(second, convert(bigint, convert(binary(8), ''0x0000'' + substring(replace(task_instance, ''-'', ''''), 1, 12), 1)) / 1000, cast(''1970-01-01'' as datetime2(6))),
  case when task_name like ''dead.%'' then cast(''9999-12-31'' as datetime2(6)) else cast(switchoffset(execution_time, ''+00:00'') as datetime2(6)) end, 0,
  case when task_name like ''dead.%'' then dateadd(second, convert(bigint, convert(binary(8), ''0x0000'' + substring(replace(task_instance, ''-'', ''''), 1, 12), 1)) / 1000, cast(''1970-01-01'' as datetime2(6))) end, 0
from hopper_event_outbox_old where task_name <> ''control''');
exec ('insert into hopper_event_outbox (id, event_type, state, payload, stored_at, due_at, attempts, last_error, version)
select ''00000000-0000-0000-0000-000000000000'', ''pause'', ''PAUSED'', task_data, sysutcdatetime(), cast(''9999-12-31'' as datetime2(6)), 0, ''paused before the migration'', 0
from hopper_event_outbox_old where task_name = ''control''');
