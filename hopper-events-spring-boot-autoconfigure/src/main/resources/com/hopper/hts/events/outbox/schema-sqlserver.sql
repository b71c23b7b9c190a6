if object_id('hopper_event_outbox', 'U') is null
create table hopper_event_outbox (
  task_name varchar(100) not null,
  task_instance varchar(100) not null,
  task_data varbinary(max),
  execution_time datetimeoffset not null,
  picked bit not null,
  picked_by varchar(50),
  last_success datetimeoffset,
  last_failure datetimeoffset,
  consecutive_failures int,
  last_heartbeat datetimeoffset,
  version bigint not null,
  primary key (task_name, task_instance),
  index hopper_event_outbox_due (execution_time),
  index hopper_event_outbox_heartbeat (last_heartbeat)
);
