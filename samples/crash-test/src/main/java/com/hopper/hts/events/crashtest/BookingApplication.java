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
import com.hopper.hts.events.HopperEvent;
import com.hopper.hts.events.OffersDisplayed;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;

/**
 * One instance of an airline's application. Books until all numbers are taken, and goes
 * on delivering.
 */
@SpringBootApplication
class BookingApplication {

	/**
	 * Threads that book.
	 */
	static final int THREADS = 4;

	public static void main(String[] args) {
		SpringApplication.run(BookingApplication.class, args);
	}

	static void start(Runnable bookAll, int thread) {
		Thread result = new Thread(bookAll, "booking-" + thread);
		result.setDaemon(true);
		result.start();
	}

	static HopperEvent event(int number) {
		Instant now = Instant.now();
		if (Numbers.isRefused(number)) {
			return CustomEvent.occurredAt("never_heard_of", now);
		}
		return (number % 3 == 0) ? OffersDisplayed.occurredAt(now)
				: BookingConfirmed.occurredAt(now).withCfarContractId("contract-" + number);
	}

}
