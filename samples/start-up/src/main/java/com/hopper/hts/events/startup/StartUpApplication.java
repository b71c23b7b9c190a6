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
package com.hopper.hts.events.startup;

import java.time.Duration;
import java.time.Instant;

import com.hopper.hts.events.BookingConfirmed;
import com.hopper.hts.events.EventOutbox;
import com.hopper.hts.events.EventPublisher;
import com.hopper.hts.events.OffersDisplayed;

import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.boot.CommandLineRunner;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;

/**
 * Publishes one event and stores another.
 */
@SpringBootApplication(proxyBeanMethods = false)
public class StartUpApplication {

	public static void main(String[] args) {
		SpringApplication.run(StartUpApplication.class, args);
	}

	@Bean
	SmartInitializingSingleton threads() {
		return () -> System.out
			.println("Threads: " + Thread.getAllStackTraces().keySet().stream().map(Thread::getName).sorted().toList());
	}

	@Bean
	CommandLineRunner events(EventPublisher publisher, EventOutbox outbox) {
		return (args) -> {
			System.out.println(publisher.publishAndWait("session-1", OffersDisplayed.occurredAt(Instant.now())));
			outbox.store("session-1", BookingConfirmed.occurredAt(Instant.now()).withCfarContractId("contract-1"));
			System.out.println("Stored and delivered: " + outbox.flush(Duration.ofMinutes(1)));
		};
	}

}
