create table if not exists booking (
	reference varchar(6) primary key,
	flight varchar(10) not null,
	contract_id varchar(100),
	confirmed_at varchar(40) not null
);
