create table if not exists hopper_event_outbox (
  task_name varchar(100) not null,
  task_instance varchar(100) not null,
  task_data bytea,
  execution_time timestamp with time zone not null,
  picked boolean not null,
  picked_by varchar(50),
  last_success timestamp with time zone,
  last_failure timestamp with time zone,
  consecutive_failures int,
  last_heartbeat timestamp with time zone,
  version bigint not null,
  primary key (task_name, task_instance)
);
create index if not exists hopper_event_outbox_due on hopper_event_outbox (execution_time);
create index if not exists hopper_event_outbox_heartbeat on hopper_event_outbox (last_heartbeat);
