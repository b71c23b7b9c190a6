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
package com.hopper.hts.events.actuate;

import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;

import com.hopper.hts.events.EventOutbox;
import com.hopper.hts.events.outbox.DeadLetter;
import com.hopper.hts.events.outbox.EventOutboxOperations;
import com.hopper.hts.events.test.FakeHopperApi;

import org.springframework.boot.WebApplicationType;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Applications that the tests of a class share, each as if it had just started but for
 * the failures that it has counted.
 */
final class OperatedApplications implements AutoCloseable {

	static final String WRITABLE = "management.endpoint.hopperevents.access=unrestricted";

	private final FakeHopperApi api = FakeHopperApi.builder().token("canary-token").start();

	private final Map<WebApplicationType, OperatedApplication> writable = new EnumMap<>(WebApplicationType.class);

	private final Map<WebApplicationType, OperatedApplication> readOnly = new EnumMap<>(WebApplicationType.class);

	FakeHopperApi api() {
		return this.api;
	}

	/**
	 * Return an application in which operators can see and do everything.
	 */
	OperatedApplication writable(WebApplicationType type) {
		return reset(this.writable.computeIfAbsent(type,
				(ignored) -> OperatedApplication.start(type, this.api, WRITABLE, "hopper.outbox.show-payload=true")));
	}

	/**
	 * Return an application with the defaults.
	 */
	OperatedApplication readOnly(WebApplicationType type) {
		return reset(this.readOnly.computeIfAbsent(type, (ignored) -> OperatedApplication.start(type, this.api)));
	}

	private OperatedApplication reset(OperatedApplication application) {
		this.api.reset();
		EventOutboxOperations operations = application.bean(EventOutboxOperations.class);
		operations.resume();
		assertThat(application.bean(EventOutbox.class).flush(Duration.ofSeconds(20))).isTrue();
		this.api.reset();
		operations.discardAll(DeadLetter.Filter.all(), "The next test begins");
		return application;
	}

	@Override
	public void close() {
		this.writable.values().forEach(OperatedApplication::close);
		this.readOnly.values().forEach(OperatedApplication::close);
		this.api.close();
	}

}
