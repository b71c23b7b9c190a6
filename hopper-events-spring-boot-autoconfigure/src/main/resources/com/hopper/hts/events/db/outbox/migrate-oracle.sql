-- From the table of the time when db-scheduler was the engine. Stop all instances before. The
-- old table is kept under another name; drop it when you are sure.
alter table hopper_event_outbox rename to hopper_event_outbox_old;
alter index hopper_event_outbox_due rename to hopper_event_outbox_old_due;
create table hopper_event_outbox (
  id char(36) not null primary key,
  event_type varchar2(255 char) not null,
  session_id varchar2(4000),
  state varchar2(10) not null,
  reason varchar2(20),
  payload blob not null,
  occurred_at timestamp(6),
  stored_at timestamp(6) not null,
  due_at timestamp(6) not null,
  attempts number(10) not null,
  last_error varchar2(600 char),
  failures clob,
  trace clob,
  replayed_at timestamp(6),
  claimed_by varchar2(36),
  claimed_until timestamp(6),
  finished_at timestamp(6),
  status_code number(10),
  version number(19) not null
);
create index hopper_event_outbox_due on hopper_event_outbox (state, due_at, id, event_type);
insert into hopper_event_outbox (id, event_type, state, payload, stored_at, due_at, attempts, finished_at, version)
select task_instance, case when task_name like 'dead.%' then substr(task_name, 6) else task_name end,
  case when task_name like 'dead.%' then 'DEAD' else 'PENDING' end, task_data,
  timestamp '1970-01-01 00:00:00' + numtodsinterval(to_number(substr(replace(task_instance, '-', ''), 1, 12), 'XXXXXXXXXXXX') / 1000, 'SECOND'),
  case when task_name like 'dead.%' then timestamp '9999-12-31 00:00:00' else sys_extract_utc(execution_time) end, 0,
  case when task_name like 'dead.%' then timestamp '1970-01-01 00:00:00' + numtodsinterval(to_number(substr(replace(task_instance, '-', ''), 1, 12), 'XXXXXXXXXXXX') / 1000, 'SECOND') end, 0
from hopper_event_outbox_old where task_name <> 'control';
insert into hopper_event_outbox (id, event_type, state, payload, stored_at, due_at, attempts, last_error, version)
select '00000000-0000-0000-0000-000000000000', 'pause', 'PAUSED', task_data, sys_extract_utc(systimestamp), timestamp '9999-12-31 00:00:00', 0, 'paused before the migration', 0
from hopper_event_outbox_old where task_name = 'control';
