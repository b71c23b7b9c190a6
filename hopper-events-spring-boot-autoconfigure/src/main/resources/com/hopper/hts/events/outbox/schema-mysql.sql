-- Times are in UTC.
create table if not exists hopper_event_outbox (
  task_name varchar(100) not null,
  task_instance varchar(100) not null,
  task_data mediumblob,
  execution_time datetime(6) not null,
  picked boolean not null,
  picked_by varchar(50),
  last_success datetime(6) null,
  last_failure datetime(6) null,
  consecutive_failures int,
  last_heartbeat datetime(6) null,
  version bigint not null,
  primary key (task_name, task_instance),
  index hopper_event_outbox_due (execution_time),
  index hopper_event_outbox_heartbeat (last_heartbeat)
);
