-- From the table of the time when db-scheduler was the engine. Stop all instances before. The
-- old table is kept under another name; drop it when you are sure.
alter table hopper_event_outbox rename to hopper_event_outbox_old;
alter index hopper_event_outbox_due rename to hopper_event_outbox_old_due;
create table hopper_event_outbox (
  id varchar(36) not null primary key,
  event_type varchar(255) not null,
  session_id varchar(8000),
  state varchar(10) not null,
  reason varchar(20),
  payload longvarbinary not null,
  occurred_at timestamp(6),
  stored_at timestamp(6) not null,
  due_at timestamp(6) not null,
  attempts integer not null,
  last_error varchar(600),
  failures longvarchar,
  trace longvarchar,
  replayed_at timestamp(6),
  claimed_by varchar(36),
  claimed_until timestamp(6),
  finished_at timestamp(6),
  status_code integer,
  version bigint not null
);
create index hopper_event_outbox_due on hopper_event_outbox (state, due_at, id, event_type);
insert into hopper_event_outbox (id, event_type, state, payload, stored_at, due_at, attempts, finished_at, version)
select task_instance, case when task_name like 'dead.%' then substring(task_name from 6) else task_name end,
  case when task_name like 'dead.%' then 'DEAD' else 'PENDING' end, task_data,
  cast(current_timestamp at time zone interval '0:00' hour to minute as timestamp(6)),
  case when task_name like 'dead.%' then timestamp '9999-12-31 00:00:00' else cast(execution_time at time zone interval '0:00' hour to minute as timestamp(6)) end, 0,
  case when task_name like 'dead.%' then cast(current_timestamp at time zone interval '0:00' hour to minute as timestamp(6)) end, 0
from hopper_event_outbox_old where task_name <> 'control';
insert into hopper_event_outbox (id, event_type, state, payload, stored_at, due_at, attempts, last_error, version)
select '00000000-0000-0000-0000-000000000000', 'pause', 'PAUSED', task_data, cast(current_timestamp at time zone interval '0:00' hour to minute as timestamp(6)), timestamp '9999-12-31 00:00:00', 0, 'paused before the migration', 0
from hopper_event_outbox_old where task_name = 'control';
