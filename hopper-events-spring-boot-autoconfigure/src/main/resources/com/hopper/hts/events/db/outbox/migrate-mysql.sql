-- From the table of the time when db-scheduler was the engine. Stop all instances before. The
-- old table is kept under another name; drop it when you are sure.
rename table hopper_event_outbox to hopper_event_outbox_old;
create table hopper_event_outbox (
  id char(36) not null primary key,
  event_type varchar(255) not null,
  session_id varchar(8000),
  state varchar(10) not null,
  reason varchar(20),
  payload longblob not null,
  occurred_at datetime(6),
  stored_at datetime(6) not null,
  due_at datetime(6) not null,
  attempts int not null,
  last_error varchar(600),
  failures longtext,
  trace longtext,
  replayed_at datetime(6),
  claimed_by varchar(36),
  claimed_until datetime(6),
  finished_at datetime(6),
  status_code int,
  version bigint not null,
  index hopper_event_outbox_due (state, due_at, id, event_type)
) character set utf8mb4 collate utf8mb4_bin;
insert into hopper_event_outbox (id, event_type, state, payload, stored_at, due_at, attempts, finished_at, version)
select task_instance, case when task_name like 'dead.%' then substr(task_name, 6) else task_name end,
  case when task_name like 'dead.%' then 'DEAD' else 'PENDING' end, task_data,
  timestampadd(microsecond, conv(substr(replace(task_instance, '-', ''), 1, 12), 16, 10) * 1000, '1970-01-01'),
  case when task_name like 'dead.%' then '9999-12-31' else execution_time end, 0,
  case when task_name like 'dead.%' then timestampadd(microsecond, conv(substr(replace(task_instance, '-', ''), 1, 12), 16, 10) * 1000, '1970-01-01') end, 0
from hopper_event_outbox_old where task_name <> 'control';
insert into hopper_event_outbox (id, event_type, state, payload, stored_at, due_at, attempts, last_error, version)
select '00000000-0000-0000-0000-000000000000', 'pause', 'PAUSED', task_data, utc_timestamp(6), '9999-12-31', 0, 'paused before the migration', 0
from hopper_event_outbox_old where task_name = 'control';
