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
package com.hopper.hts.events.quickstart;

import java.time.Instant;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

import com.hopper.hts.events.BookingConfirmed;
import com.hopper.hts.events.EventPublisher;
import com.hopper.hts.events.OffersDisplayed;
import io.micrometer.core.instrument.MeterRegistry;

import org.springframework.boot.CommandLineRunner;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;

@SpringBootApplication
public class QuickstartApplication {

	public static void main(String[] args) {
		SpringApplication.run(QuickstartApplication.class, args);
	}

	@Bean
	CommandLineRunner quickstart(EventPublisher publisher, MeterRegistry meters) {
		return (args) -> {
			String sessionId = UUID.randomUUID().toString();

			System.out.println(publisher.publishAndWait(sessionId, OffersDisplayed.occurredAt(Instant.now())));

			System.out.println(publisher.publishAndWait(sessionId,
					BookingConfirmed.occurredAt(Instant.now())
						.withCfarContractId("b0c5d2c8-9cbe-4ae4-a05b-1e6d4e4b3b1c")
						.withBookingReference("cfar", "PNR123")));

			meters.find("hopper.events.publish")
				.timers()
				.forEach((timer) -> System.out.println(timer.getId().getName() + timer.getId().getTags() + " count="
						+ timer.count() + " max=" + Math.round(timer.max(TimeUnit.MILLISECONDS)) + "ms"));
		};
	}

}
