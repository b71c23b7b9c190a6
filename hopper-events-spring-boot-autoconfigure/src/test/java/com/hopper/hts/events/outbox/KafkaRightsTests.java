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
package com.hopper.hts.events.outbox;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;

import com.hopper.hts.events.outbox.kafka.KafkaStores;
import com.hopper.hts.events.test.Fault;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.GroupProtocol;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests for an application that lacks a right at the broker.
 */
class KafkaRightsTests extends KafkaOutboxFixture {

	@Test
	@ExtendWith(OutputCaptureExtension.class)
	void missingRightToWriteDeadLettersIsNamedAndLosesNothing(CapturedOutput output)
			throws ExecutionException, InterruptedException {
		AclBinding denial = denial(ResourceType.TOPIC, this.topic + "-dead", AclOperation.WRITE);
		try (Admin admin = Admin.create(properties())) {
			admin.createAcls(List.of(denial)).all().get();
			this.api.failNext(1, Fault.status(422));
			this.outbox.store("session-1", booking(0));
			await().atMost(SECONDS)
				.until(() -> output.getAll().lines().anyMatch((line) -> line.contains("not delivered at the moment")));
			assertThat(output.getAll().lines()).filteredOn((line) -> line.contains("not delivered at the moment"))
				.allMatch((line) -> line.contains("Not authorized to access topics: [" + this.topic + "-dead]"));
			admin.deleteAcls(List.of(denial.toFilter())).all().get();
		}
		this.outbox.store("session-1", booking(1));
		assertThat(this.outbox.flush(SECONDS)).isTrue();
		assertThat(bookings()).containsExactly(1);
		assertThat(this.listener.dead).hasSize(1);
	}

	@Test
	@ExtendWith(OutputCaptureExtension.class)
	void rightToReadThatWasMissingForAWhileStopsNothing(CapturedOutput output)
			throws ExecutionException, InterruptedException {
		this.outbox.stop();
		Map<String, Object> consumer = new HashMap<>(properties());
		consumer.put("group.protocol", GroupProtocol.CONSUMER.name());
		TestOutbox other = create(new KafkaStores(this.topic, true, 2, properties(), consumer, properties()));
		this.outboxes.add(other);
		other.start();
		other.store("session-1", booking(1));
		assertThat(other.flush(SECONDS)).isTrue();
		AclBinding denial = denial(ResourceType.GROUP, this.topic, AclOperation.READ);
		try (Admin admin = Admin.create(properties())) {
			admin.createAcls(List.of(denial)).all().get();
			await().atMost(SECONDS).until(() -> output.getAll().contains("GroupAuthorizationException"));
			admin.deleteAcls(List.of(denial.toFilter())).all().get();
		}
		other.store("session-1", booking(2));
		assertThat(other.flush(SECONDS.multipliedBy(2))).isTrue();
		assertThat(bookings()).containsExactlyInAnyOrder(1, 2);
	}

	private static AclBinding denial(ResourceType type, String name, AclOperation operation) {
		return new AclBinding(new ResourcePattern(type, name, PatternType.LITERAL),
				new AccessControlEntry("User:*", "*", operation, AclPermissionType.DENY));
	}

}
