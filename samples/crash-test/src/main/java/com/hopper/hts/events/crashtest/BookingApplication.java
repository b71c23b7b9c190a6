/*
 * Copyright 2026-present the original author or authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *      https://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */
package com.hopper.hts.events.crashtest;

import java.time.Instant;

import com.hopper.hts.events.BookingConfirmed;
import com.hopper.hts.events.CustomEvent;
import com.hopper.hts.events.EventOutbox;
import com.hopper.hts.events.HopperEvent;
import com.hopper.hts.events.OffersDisplayed;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

import org.springframework.boot.ApplicationRunner;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;
import org.springframework.core.env.Environment;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * One instance of an airline's application. Books until all numbers are taken, each
 * booking and its event in one transaction, and goes on delivering.
 */
@SpringBootApplication
class BookingApplication {

	private static final Log logger = LogFactory.getLog(BookingApplication.class);

	private static final int THREADS = 4;

	public static void main(String[] args) {
		SpringApplication.run(BookingApplication.class, args);
	}

	@Bean
	ApplicationRunner bookings(JdbcTemplate jdbc, TransactionTemplate transactions, EventOutbox outbox,
			Environment environment) {
		int total = environment.getRequiredProperty("crash-test.events", Integer.class);
		return (arguments) -> {
			for (int i = 0; i < THREADS; i++) {
				Thread thread = new Thread(() -> bookAll(jdbc, transactions, outbox, total), "booking-" + i);
				thread.setDaemon(true);
				thread.start();
			}
		};
	}

	private static void bookAll(JdbcTemplate jdbc, TransactionTemplate transactions, EventOutbox outbox, int total) {
		int number = 0;
		while (number < total) {
			try {
				number = next(jdbc);
				if (number < total) {
					book(jdbc, transactions, outbox, number);
				}
			}
			catch (DataAccessException ex) {
				logger.warn("Booking " + number + " failed", ex);
			}
		}
	}

	private static void book(JdbcTemplate jdbc, TransactionTemplate transactions, EventOutbox outbox, int number) {
		transactions.executeWithoutResult((status) -> {
			jdbc.update("insert into bookings (number) values (?)", number);
			outbox.store("session-" + number, event(number));
			if (Numbers.isRolledBack(number)) {
				status.setRollbackOnly();
			}
		});
	}

	private static int next(JdbcTemplate jdbc) {
		Integer number = jdbc.queryForObject("select nextval('booking_numbers')", Integer.class);
		return (number != null) ? number : 0;
	}

	private static HopperEvent event(int number) {
		Instant now = Instant.now();
		if (Numbers.isRefused(number)) {
			return CustomEvent.occurredAt("never_heard_of", now);
		}
		return (number % 3 == 0) ? OffersDisplayed.occurredAt(now)
				: BookingConfirmed.occurredAt(now).withCfarContractId("contract-" + number);
	}

}
